"""Status: what serves where, what waits on what, what is wrong. Reads locks only, so that it answers at once.

Named tuples: there are thousands of what waits, and even a dozen dataclasses are felt in the time to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from promptctl.core.environment import LOCK, LOCK_SIGNATURE, committed_s
from promptctl.core.limits import LOAD
from promptctl.core.lock import Hold
from promptctl.core.names import ENVIRONMENTS, short_name
from promptctl.core.serving import Change, Serving, Waiver, parse_change
from promptctl.errors import IntegrityError, PromptctlError, RefusedError, Unavailable, UsageError
from promptctl.services import drift as drifts
from promptctl.services.drift import Drift
from promptctl.services.environments_read import heads
from promptctl.store import environments
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository

if TYPE_CHECKING:
    from promptctl.gates.result import GateResult
    from promptctl.services.environment_change import Actor
    from promptctl.store.signers import Signers

PREVIEWED = 5
"""So many releases that wait are put to their gates: each reads evidence and history."""

_TAGS_ASKED = 60
_COMMITS_BACK = 20


class Waiting(NamedTuple):
    """A release that serves the environment before and not (yet) this one.

    `gates` are None where nobody asked them; `problem` says why they could not answer.
    """

    address: str
    version: str
    environment: str
    after: str
    serves: str | None
    gates: tuple[GateResult, ...] | None = None
    problem: str = ""


class Signature(NamedTuple):
    """Whose signature on a lock holds, or why none does; neither where it has none."""

    principal: str | None = None
    problem: str = ""


class Frozen(NamedTuple):
    """An environment in which nothing is promoted now, and the first moment when it is again, if any."""

    environment: str
    reason: str
    until: datetime | None


class Plan(NamedTuple):
    """What the default branch says: each environment with the one before it, in order; who may promote."""

    after: Mapping[str, str | None] = {}  # defaults, never written to
    promoters: tuple[str, ...] = ()
    freeze: Mapping[str, Sequence[Mapping[str, Any]]] = {}


class Status(NamedTuple):
    """Everything on the screen.

    `environments` are in the order of promotion; `heads` are the commits of those that exist, each with its
    newest change and its signature. `held` names held digests: address and version. `shown` are the addresses
    whose tags were compared; `address` is the only one that was asked for, or empty. `stale` says why the
    remote was not asked, or is empty; `damaged` says of environments why they cannot be read.
    """

    environments: tuple[Serving, ...]
    heads: Mapping[str, str]
    changes: Mapping[str, Change]
    signatures: Mapping[str, Signature]
    shown: tuple[str, ...]
    waiting: tuple[Waiting, ...]
    waivers: tuple[tuple[str, Waiver], ...]
    frozen: tuple[Frozen, ...]
    drift: tuple[Drift, ...]
    promoters: tuple[str, ...]
    held: Mapping[str, tuple[str, str]] = {}
    address: str = ""
    stale: str = ""
    damaged: Mapping[str, str] = {}

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that serves anywhere, sorted."""
        return tuple(sorted(set().union(*(each.pins for each in self.environments))))

    def is_same(self, address: str) -> bool:
        """Whether one digest serves everywhere under an address."""
        return is_same(self.environments, address)

    @property
    def holds(self) -> tuple[tuple[str, Hold], ...]:
        """Every hold with its environment."""
        return tuple((each.environment, hold) for each in self.environments for hold in each.holds)

    @property
    def is_enforced(self) -> bool:
        """Whether a listed promoter signed every lock: what this repository can know of who may promote."""
        return (
            bool(self.promoters and self.heads)
            and not self.damaged
            and all(self.signatures[each].principal in self.promoters for each in self.heads)
        )

    @property
    def is_wrong(self) -> bool:
        """Whether somebody must look: something drifted, or an environment cannot be read."""
        return bool(self.drift or self.damaged)


class Asked(NamedTuple):
    """What the screen is to show: one address or all, of these the `rows` that matter most."""

    now: datetime
    address: str = ""
    rows: int | None = None
    offline: bool = False


def status(repository: Repository, asked: Asked, actor: Callable[[], Actor] | None = None) -> Status:
    """Return the status. Where the remote cannot be reached, what was last fetched, and the reason.

    With an `actor` the gates say what a few waiting releases wait for. Raise `UsageError` where an address is
    given and serves nowhere.
    """
    stale, moved, tags = ("offline", [], frozenset()) if asked.offline else _fetch(repository, asked.address)
    known = heads(repository.refs)
    plan = _plan(repository, known)
    names = [*plan.after, *sorted(set(known) - set(plan.after))]
    serving, damaged = _read(repository, names, known)
    if asked.address and not any(asked.address in each.pins for each in serving):
        raise UsageError(f"{asked.address} serves nowhere", hint=f"promptctl list; serving: {_some(serving)}")
    changes = {each: _change(repository, known[each]) for each in known}
    signatures = _signatures(repository, known, asked.now)
    found = [*moved, *_drift(repository, serving, known, changes, signatures)]
    shown = _shown(serving, {each.address for each in found}, asked)
    for each in serving:
        found += drifts.of_tags(repository, each, shown, tags)
    waiting = [each for each in _waiting(plan.after, serving) if asked.address in {"", each.address}]
    if actor is not None and not stale and len(waiting) <= PREVIEWED:
        waiting = _previewed(repository, waiting, lambda: actor().as_promoter(plan.promoters))
    return Status(
        environments=tuple(serving),
        heads=known,
        changes={name: change for name, change in changes.items() if change},
        signatures=signatures,
        shown=shown,
        waiting=tuple(waiting),
        waivers=tuple(_waivers(repository, serving, known, changes)),
        frozen=tuple(_frozen(plan, asked.now)),
        drift=tuple(
            sorted(
                set(found),
                key=lambda each: names.index(each.environment) if each.environment in names else -1,
            )
        ),
        promoters=plan.promoters,
        held=dict(_held(repository, serving, known, changes)),
        address=asked.address,
        stale=stale,
        damaged=damaged,
    )


def _fetch(repository: Repository, address: str) -> tuple[str, list[Drift], frozenset[str]]:
    """Fetch; return why the remote was not asked, what it had moved that may not move, the tags asked for.

    Tags are asked for in the same breath, so those of what served when last fetched, and only a few.
    """
    tags = _known_tags(repository, address)
    try:
        repository.refs.fetch([HEAD, f"{ENVIRONMENTS}*", *sorted(tags)])
    except Unavailable as error:
        return error.message, [], frozenset()
    except IntegrityError as error:
        return "", [Drift("moved", "", "", error.message)], frozenset()
    return "", [], tags


def _known_tags(repository: Repository, address: str) -> frozenset[str]:
    if not repository.refs.remote:
        return frozenset()
    known = heads(repository.refs)
    serving, _ = _read(repository, known, known)
    pins = (item for each in serving for item in each.pins.items())
    tags = frozenset(pin.tag for name, pin in pins if address in {"", name})
    return tags if len(tags) <= _TAGS_ASKED else frozenset()


def _read(
    repository: Repository, names: Iterable[str], known: Mapping[str, str]
) -> tuple[list[Serving], dict[str, str]]:
    serving, damaged = [], {}
    for name in names:
        try:
            serving.append(environments.read_serving(repository.objects, name, known.get(name)))
        except RefusedError as error:
            damaged[name] = error.message
    return serving, damaged


def _plan(repository: Repository, heads: Mapping[str, str]) -> Plan:
    """Return the default branch's pipeline, as far as a screen needs it.

    Where an environment keeps the same file parsed, its JSON is enough: no YAML is read and no model loaded.
    Where the file cannot be read, what an environment keeps must do.
    """
    kept = [each for head in heads.values() if (each := environments.read_pipeline(repository.objects, head))]
    source = repository.objects.read(f"{repository.refs.where(HEAD)}:promptctl.yaml")
    same = (plan for blob, plan in kept if source is not None and blob == source.oid)
    if plan := next(filter(None, map(_plan_of, same)), None):
        return plan
    try:
        from dataclasses import asdict

        from promptctl.services.pipeline import read_policy

        return _plan_of(asdict(read_policy(repository)[0])) or Plan()
    except PromptctlError:
        return next(filter(None, (_plan_of(plan) for _, plan in kept)), Plan())


def _plan_of(plain: Mapping[str, Any]) -> Plan | None:
    """Return the plan of a parsed pipeline; None where it is none: whoever writes an environment wrote it."""
    try:
        stages = {str(each["name"]): each["after"] for each in plain["environments"]}
        freeze = {str(each["name"]): each["gates"].get("freeze", ()) for each in plain["environments"]}
        promoters = tuple(map(str, plain.get("promoters", ())))
    except (KeyError, TypeError, AttributeError):
        return None
    return Plan(stages, promoters, freeze) if {None, *stages}.issuperset(stages.values()) else None


def _change(repository: Repository, head: str) -> Change | None:
    found = _read_file(repository, f"{head}:promotion.json")
    return None if found is None else parse_change(found)


def _read_file(repository: Repository, name: str) -> bytes | None:
    """Return a file, empty where it is larger than a lock may be, None where there is none."""
    (found,) = repository.objects.read_many([name], limit_bytes=LOAD.lock_size_bytes)
    return found.data if found is not None and found.type == "blob" else None


def _signatures(repository: Repository, heads: Mapping[str, str], now: datetime) -> dict[str, Signature]:
    """Return what is known of each lock's signature. The signers are read only where there is one."""
    signatures = {name: _read_file(repository, f"{head}:{LOCK_SIGNATURE}") for name, head in heads.items()}
    signers = _signers(repository) if any(each is not None for each in signatures.values()) else None
    return {
        name: Signature()
        if signature is None or signers is None
        else _signature(repository, heads[name], signature, signers, now)
        for name, signature in signatures.items()
    }


def _signers(repository: Repository) -> Signers | None:
    """Return the signers of the default branch, None where it has none: then nobody can be verified."""
    from promptctl.store.signers import read_signers

    try:
        found = read_signers(repository, repository.refs.where(HEAD))
    except PromptctlError:
        return None
    return found if found.allowed else None


def _signature(
    repository: Repository, head: str, signature: bytes, signers: Signers, now: datetime
) -> Signature:
    content, commit = _read_file(repository, f"{head}:{LOCK}"), repository.objects.read(head)
    seconds = committed_s(commit.data) if commit else None
    if content is None or seconds is None:
        return Signature()
    try:
        at = datetime.fromtimestamp(seconds, UTC)
        verified = signers.verify(content, signature, at=at, now=now)
    except Unavailable:  # no ssh-keygen, says doctor: that is no fault of the lock
        return Signature()
    return Signature(verified.principal, verified.problem)


def _drift(
    repository: Repository,
    serving: Iterable[Serving],
    heads: Mapping[str, str],
    changes: Mapping[str, Change | None],
    signatures: Mapping[str, Signature],
) -> Iterator[Drift]:
    for each in serving:
        name = each.environment
        if name not in heads:
            continue
        if problem := signatures[name].problem:
            yield Drift("signature", name, "", f"the signature of lock.json does not hold: {problem}")
        yield from drifts.of_record(each, changes[name])
        yield from drifts.of_trees(repository, heads[name], each)


def _shown(serving: Sequence[Serving], drifted: set[str], asked: Asked) -> tuple[str, ...]:
    """Return the rows of the screen. Where not all fit, those that drifted, then those that differ."""
    if asked.address:
        return (asked.address,)
    addresses = sorted(set().union(*(each.pins for each in serving)))
    if asked.rows is None or len(addresses) <= asked.rows:
        return tuple(addresses)
    first = [each for each in addresses if each in drifted]
    differing = (each for each in addresses if each not in drifted and not is_same(serving, each))
    return tuple(sorted([*first, *differing][: asked.rows]))


def is_same(serving: Iterable[Serving], address: str) -> bool:
    """Whether one digest serves everywhere under an address."""
    pins = [each.pins.get(address) for each in serving]
    return len({pin.digest if pin else None for pin in pins}) == 1


def _waiting(after: Mapping[str, str | None], serving: Sequence[Serving]) -> Iterator[Waiting]:
    """What a hold stops does not wait: the screen must not advise what a gate forbids."""
    known = {each.environment: each for each in serving}
    for environment, earlier in after.items():
        if environment not in known or earlier not in known:
            continue
        here = known[environment]
        held = {each.value for each in here.holds}
        for address, pin in sorted(known[earlier].pins.items()):
            serves = here.pins.get(address)
            if serves is not None and serves.digest == pin.digest:
                continue
            if held and held & {pin.digest, address, environment}:
                continue
            version = serves.version if serves else None
            yield Waiting(address, pin.version, environment, str(earlier), version)


def _previewed(
    repository: Repository, waiting: Iterable[Waiting], actor: Callable[[], Actor]
) -> list[Waiting]:
    """Return what waits, with what the gates say of each. One that cannot be judged hides no other."""
    from promptctl.services.promote import preview

    answered = []
    for each in waiting:
        try:
            gates = preview(repository, each.environment, [each.address], actor())
            answered.append(each._replace(gates=gates))
        except PromptctlError as error:
            answered.append(each._replace(problem=error.message))
    return answered


def _waivers(
    repository: Repository,
    serving: Iterable[Serving],
    heads: Mapping[str, str],
    changes: Mapping[str, Change | None],
) -> Iterator[tuple[str, Waiver]]:
    """Yield the waivers of each environment's last promotion, of what it promoted and still serves."""
    pins = {each.environment: each.pins for each in serving}
    for name, head in heads.items():
        change, back = changes[name], 0
        while change is not None and change.action != "promote" and back < _COMMITS_BACK:
            back += 1
            change = _change(repository, f"{head}~{back}")
        if change is None or change.action != "promote":
            continue
        promoted = {address: version for address, _, version in change.moves}
        for waiver in change.waivers:
            pin = pins.get(name, {}).get(waiver.address)
            if pin is not None and pin.version == promoted.get(waiver.address):
                yield name, waiver


def _held(
    repository: Repository,
    serving: Sequence[Serving],
    heads: Mapping[str, str],
    changes: Mapping[str, Change | None],
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield held digests with address and version: of a pin, or of the rollback that took it away."""
    for each in serving:
        for hold in (hold for hold in each.holds if hold.scope == "digest"):
            release = next(filter(None, (other.release_of(hold.value) for other in serving)), None)
            name = each.environment
            if release := release or _rolled_back(repository, heads[name], changes[name], hold):
                yield hold.value, release


def _rolled_back(
    repository: Repository, head: str, change: Change | None, hold: Hold
) -> tuple[str, str] | None:
    """Return address and version of what the rollback took away that made a hold, if it is recent."""
    for back in range(1, _COMMITS_BACK):
        if change is None or change.at < hold.since:
            return None
        if (change.action, change.at, change.reason) == ("rollback", hold.since, hold.reason):
            return (change.moves[0][0], str(change.moves[0][1])) if len(change.moves) == 1 else None
        change = _change(repository, f"{head}~{back}")
    return None


def _frozen(plan: Plan, now: datetime) -> Iterator[Frozen]:
    for name, windows in plan.freeze.items():
        if not windows:
            continue
        from promptctl.gates import freeze
        from promptctl.gates.result import Candidate
        from promptctl.model.pipeline import FreezeWindow

        try:
            read = [FreezeWindow(**each) for each in windows]
            answer = freeze.check(Candidate("", "", "", name), windows=read, now=now)
            if answer.result != "pass":
                yield Frozen(name, answer.reason, freeze.ends_at(read, now))
        except (ValueError, TypeError):  # a window that is none: validate says so
            continue


def _some(serving: Iterable[Serving]) -> str:
    addresses = sorted(set().union(*(each.pins for each in serving)))
    names = [short_name(each) for each in addresses[:5]]
    return ", ".join(names) + (", …" if len(addresses) > len(names) else "") if names else "nothing yet"
