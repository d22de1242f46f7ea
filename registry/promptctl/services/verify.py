"""Verify: recompute what environments and releases claim, from bytes, and name each violation."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath

from promptctl.core import bundle as bundles
from promptctl.core.kinds import build
from promptctl.core.lock import Lock, Pin
from promptctl.core.names import ENVIRONMENTS, environment_ref, parse_tag
from promptctl.core.signers import ALLOWED, REVOKED
from promptctl.core.written import short
from promptctl.errors import IntegrityError, RefusedError, StoppedError, UsageError
from promptctl.model.pipeline import Pipeline
from promptctl.model.promotion import Promotion, legible, readme
from promptctl.model.release import parse_release_json
from promptctl.services.environments_read import heads
from promptctl.services.history import commits_of
from promptctl.services.pipeline import PIPELINE, parse
from promptctl.store import environments, releases
from promptctl.store.environments import EnvironmentState
from promptctl.store.objects import REGULAR, TREE
from promptctl.store.repository import Repository

CLOCK_SKEW_S = 300
POLICY = "policy"


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """Something that is not what was released. `where` is an environment or a tag."""

    where: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and every violation found, sorted."""

    environments: tuple[str, ...]
    releases: int
    commits: int
    violations: tuple[Violation, ...]


def verify(repository: Repository, *, environment: str = "", everything: bool, now: datetime) -> Verified:
    """Look at one environment or all of them; with `everything` at every release tag too.

    What cannot be read is a violation like any other: nothing that is in git ends this early.
    """
    violations = list(_fetch_environments(repository, environment))
    names = [environment] if environment else list(heads(repository.refs))
    states, commits = [], 0
    for name in names:
        head = repository.refs.read(environment_ref(name))
        if head is None:
            raise UsageError(f"nothing was ever promoted to {name}", hint="promptctl status")
        try:
            steps = [_read_step(repository, name, each) for each in commits_of(repository, head)]
        except RefusedError as error:
            violations.append(Violation(f"env/{name}", "unreadable", error.message))
            continue
        commits += len(steps)
        violations += _check_history(name, steps, now)
        violations += _guarded(f"env/{name}", _check_policy(repository, f"env/{name}", head, steps))
        states += [each.state for each in steps[:1] if each.state]
    tags, problems = _fetch_tags(repository, states, everything=everything)
    violations += problems
    for state in states:
        violations += _check_pins(repository, state, tags)
    for ref, tag_object in tags.items():
        where = ref.removeprefix("refs/tags/")
        violations += _guarded(where, _check_release(repository, where, ref, tag_object), code="tag-moved")
    found = {replace(each, message=legible(each.message)) for each in violations}
    return Verified(tuple(names), len(tags), commits, tuple(sorted(found)))


@dataclass(frozen=True, slots=True)
class _Step:
    """One commit of an environment, as far as it can be read; `seconds` is its time since 1970. `edits` say,
    each with the code of its violation, what in it promptctl did not write.
    """

    commit: str
    seconds: int | None
    state: EnvironmentState | None = None
    promotion: Promotion | None = None
    edits: tuple[tuple[str, str], ...] = ()


def _guarded(where: str, violations: Iterator[Violation], *, code: str = "unreadable") -> Iterator[Violation]:
    """Yield violations; what cannot be looked at is one more."""
    try:
        yield from violations
    except _UNREADABLE as error:
        yield Violation(where, code, str(error))


def _fetch_environments(repository: Repository, environment: str) -> Iterator[Violation]:
    """A branch that no longer holds the head seen before was rewound; git refuses to follow it."""
    try:
        repository.refs.fetch([environment_ref(environment) if environment else f"{ENVIRONMENTS}*"])
    except IntegrityError as error:
        yield Violation(f"env/{environment or '*'}", "branch-rewound", error.message)


def _fetch_tags(
    repository: Repository, states: list[EnvironmentState], *, everything: bool
) -> tuple[dict[str, str], list[Violation]]:
    """Return the tags to check, and a violation for each that the remote moved since it was fetched."""
    pins = (each for state in states for each in state.lock.pins.items())
    wanted = {pin.tag for address, pin in pins if _is_tag_of(pin, address)}
    patterns = ["refs/tags/prompts/*"] if everything else sorted(wanted)
    violations = []
    try:
        repository.refs.fetch(patterns)
    except IntegrityError as error:
        violations.append(Violation("tags", "tag-moved", error.message))
    found = repository.refs.read_below("refs/tags/prompts/") if everything else {}
    for tag in wanted:
        oid = repository.refs.read(tag)
        if oid is not None:
            found[tag] = oid
    return {ref: oid for ref, oid in sorted(found.items()) if parse_tag(ref)}, violations


def _read_step(repository: Repository, environment: str, commit: str) -> _Step:
    seconds = None
    try:
        stored = repository.objects.read(commit)
        head, _, message = (stored.data if stored else b"").partition(b"\n\n")
        committed = _COMMITTER.search(head)
        seconds = int(committed[1]) if committed else None
        state = environments.read(repository.objects, environment, commit)
        promotion = environments.read_promotion(repository.objects, commit)
        edits = tuple(_edits(repository, commit, state.lock, promotion, message))
    except _UNREADABLE as error:
        return _Step(commit, seconds, edits=(("lock-edited", f"it cannot be read: {error}"),))
    return _Step(commit, seconds, state, promotion, edits)


def _edits(
    repository: Repository, commit: str, lock: Lock, promotion: Promotion, message: bytes
) -> Iterator[tuple[str, str]]:
    """Yield (code, words) for everything in a commit that promptctl would not have written there."""
    if lock.to_bytes() != environments.lock_bytes(repository.objects, lock.environment, commit):
        yield "lock-edited", "its lock.json was not written by promptctl"
    if promotion.to_bytes() != repository.objects.blob(f"{commit}:promotion.json"):
        yield "record-edited", "its promotion.json was not written by promptctl"
    if promotion.action not in _EXPECTED:
        yield "record-edited", f"its action “{promotion.action}” is none that this version writes"
    if message != promotion.message.encode():
        yield "record-edited", "its message is not that of its promotion.json"
    if readme(lock, promotion) != repository.objects.blob(f"{commit}:README.md"):
        yield "readme-edited", "its README.md does not say what its lock.json and promotion.json say"
    for each in repository.objects.tree(commit) or []:
        if _MODES.get(each.name) != each.mode:
            yield "tree-swapped", f"it holds {each.name} ({each.mode:o}), which promptctl does not write"


def _check_history(environment: str, steps: list[_Step], now: datetime) -> Iterator[Violation]:
    where = f"env/{environment}"
    before = Lock(environment)
    for step in reversed(steps):
        at = short(step.commit)
        for code, words in step.edits:
            yield Violation(where, code, f"{at}: {words}")
        if step.seconds is None:
            yield Violation(where, "time", f"{at} does not say when it was made")
        if step.state is None or step.promotion is None:
            continue
        lock = step.state.lock
        if lock.sequence != before.sequence + 1:
            yield Violation(
                where, "sequence-broken", f"{at} has the number {lock.sequence} after {before.sequence}"
            )
        elif step.promotion.action in _EXPECTED and not _explains(step.promotion, before, lock):
            yield Violation(
                where,
                "lock-edited",
                f"lock.json of {at} is not what its record “{step.promotion.title}” makes",
            )
        before = lock
    yield from _check_times(where, steps, now)


def _check_times(where: str, steps: list[_Step], now: datetime) -> Iterator[Violation]:
    dated = [(short(each.commit), each.seconds) for each in steps if each.seconds is not None]
    if dated and dated[0][1] > now.timestamp() + CLOCK_SKEW_S:
        yield Violation(where, "time", f"{dated[0][0]} is dated in the future")
    for later, earlier in pairwise(dated):
        if later[1] < earlier[1]:
            yield Violation(where, "time", f"{later[0]} is dated before {earlier[0]}")


def _explains(promotion: Promotion, before: Lock, after: Lock) -> bool:
    """Whether the record of a commit accounts for everything that its lock changed."""
    if promotion.waivers or any(each.get("result") != "pass" for each in promotion.gates):
        return False
    for move in promotion.changes:
        pin = before.pins.get(move.address)
        if move.before != (pin.version if pin else None):
            return False
    try:
        return _EXPECTED[promotion.action](promotion, before, after) == after
    except RefusedError:
        return False


def _promoted(promotion: Promotion, before: Lock, after: Lock) -> Lock | None:
    """Return the lock that a promotion makes of `before`, if it may bring the pins that are in `after`."""
    pins = {
        each.address: replace(after.pins[each.address], previous=())
        for each in promotion.changes
        if each.address in after.pins
    }
    said = [(each.address, each.after, promotion.at, promotion.by) for each in promotion.changes]
    made = [(address, pin.version, pin.since, pin.by) for address, pin in pins.items()]
    return before.promoted(pins) if said and said == made else None


def _rolled_back(promotion: Promotion, before: Lock, after: Lock) -> Lock | None:
    if len(promotion.changes) != 1:
        return None
    (move,) = promotion.changes
    outgoing, restored = before.pins.get(move.address), after.pins.get(move.address)
    for each in outgoing.previous if outgoing and restored else ():
        if (each.version, each.digest) == (move.after, restored.digest if restored else ""):
            said = {"since": promotion.at, "by": promotion.by, "reason": promotion.reason}
            return before.rolled_back(move.address, each, **said)
    return None


def _held(promotion: Promotion, before: Lock, after: Lock) -> Lock | None:
    if promotion.changes or not after.holds:
        return None
    made = replace(after.holds[-1], reason=promotion.reason, by=promotion.by, since=promotion.at)
    return before.held(made)


def _let_go(promotion: Promotion, before: Lock, after: Lock) -> Lock | None:
    gone = [each for each in before.holds if each not in after.holds]
    return before.released(gone[0].scope, gone[0].value) if gone and not promotion.changes else None


_EXPECTED: Mapping[str, Callable[[Promotion, Lock, Lock], Lock | None]] = {
    "promote": _promoted,
    "rollback": _rolled_back,
    "hold": _held,
    "unhold": _let_go,
}
"""What each action that this version writes makes of a lock; None where it cannot have made it."""


def _check_policy(repository: Repository, where: str, head: str, steps: list[_Step]) -> Iterator[Violation]:
    """Whether the kept pipeline is that of the default branch when the last promotion was made."""
    if steps[0].promotion is None:
        return  # a head that cannot be read is named already
    objects = repository.objects
    kept = {f"{POLICY}/{each.name}": each for each in objects.tree(f"{head}:{POLICY}") or []}
    promotions = (each.promotion for each in steps if each.promotion)
    commit = next((each.policy_commit for each in promotions if each.action == "promote"), "")
    if commit and _OBJECT_ID.fullmatch(commit) is None:
        yield Violation(where, "policy-edited", f"{commit!r} is no commit that a promotion was decided by")
    elif commit and objects.read(commit) is not None:  # a clone may lack what the default branch once was
        for path, name in (
            (PIPELINE, "promptctl.yaml"),
            (ALLOWED, "allowed_signers"),
            (REVOKED, "revoked_keys"),
        ):
            stored, mine = objects.read(f"{commit}:{path}"), kept.get(f"{POLICY}/{name}")
            if (stored.oid if stored else None) != (mine.oid if mine else None):
                yield Violation(
                    where, "policy-edited", f"{POLICY}/{name} is not the {path} of {short(commit)}"
                )
    for path in sorted(kept.keys() - (_POLICY_FILES if commit else set())):
        yield Violation(where, "policy-edited", f"{path} is nothing that promptctl writes there")
    if commit and not _is_parsed(repository, head):
        yield Violation(where, "policy-edited", f"{POLICY}/pipeline.json is not what promptctl.yaml says")


def _is_parsed(repository: Repository, head: str) -> bool:
    """Whether `policy/pipeline.json` says what `policy/promptctl.yaml` says."""
    source = repository.objects.read(f"{head}:{POLICY}/promptctl.yaml")
    kept = environments.read_pipeline(repository.objects, head)
    if source is None or kept is None or kept[0] != source.oid:
        return False
    try:
        return bool(build(Pipeline, kept[1]) == parse(source.data))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _check_pins(
    repository: Repository, state: EnvironmentState, tags: Mapping[str, str]
) -> Iterator[Violation]:
    where = f"env/{state.environment}"
    for address, pin in sorted(state.lock.pins.items()):
        yield from _guarded(where, _check_pin(repository, state, address, pin))
        if _is_tag_of(pin, address):
            tag_object = tags.get(pin.tag)
            yield from _guarded(
                where, _check_tag(repository, where, f"{address} {pin.version}", pin, tag_object)
            )
        else:
            yield Violation(
                where, "lock-edited", f"{address} {pin.version}: the lock names the tag {pin.tag}"
            )
    yield from _guarded(where, _check_strays(repository, state))


def _is_tag_of(pin: Pin, address: str) -> bool:
    parsed = parse_tag(pin.tag)
    return parsed is not None and (parsed[0], str(parsed[1])) == (address, pin.version)


def _check_pin(
    repository: Repository, state: EnvironmentState, address: str, pin: Pin
) -> Iterator[Violation]:
    where, name = f"env/{state.environment}", f"{address} {pin.version}"
    spliced = repository.objects.read(f"{state.head}:releases/{address}")
    if spliced is None or spliced.oid != pin.tree:
        found = short(spliced.oid) if spliced else "nothing"
        yield Violation(
            where, "tree-swapped", f"{name}: the tree is {found}, the lock says {short(pin.tree)}"
        )
    else:
        yield from _check_tree(repository, where, name, pin.tree, {"name": address, "digest": pin.digest})


def _check_strays(repository: Repository, state: EnvironmentState) -> Iterator[Violation]:
    """Whether there is anything below `releases/` that is of no pin."""
    known = {f"releases/{address}" for address in state.lock.pins}
    for each in repository.objects.tree(f"{state.head}:releases", recursive=True) or []:
        path = f"releases/{each.name}"
        if known.isdisjoint(map(str, PurePosixPath(path).parents)):
            yield Violation(
                f"env/{state.environment}", "tree-swapped", f"{path} is in the tree and not in the lock"
            )


def _check_tag(
    repository: Repository, where: str, name: str, pin: Pin, tag_object: str | None
) -> Iterator[Violation]:
    if tag_object is None:
        yield Violation(where, "tag-moved", f"{name}: its tag {pin.tag} is gone")
        return
    if tag_object != pin.tag_object:
        yield Violation(
            where,
            "tag-moved",
            f"{name}: the tag is {short(tag_object)}, the lock says {short(pin.tag_object)}",
        )
        return
    try:
        release = releases.read(repository.objects, pin.tag, tag_object)
    except IntegrityError:
        return  # said where releases are checked
    if (release.commit, release.tree, release.digest) != (pin.commit, pin.tree, pin.digest):
        yield Violation(where, "lock-edited", f"{name}: the lock does not say what its tag says")


def _check_release(repository: Repository, where: str, ref: str, tag_object: str) -> Iterator[Violation]:
    release = releases.read(repository.objects, ref, tag_object)
    said = {"name": release.address, "digest": release.digest, "source_commit": release.source_commit}
    yield from _check_tree(repository, where, where, release.tree, said)


def _check_tree(
    repository: Repository, where: str, name: str, tree: str, said: Mapping[str, str]
) -> Iterator[Violation]:
    """Whether the files of a release tree are those that its `release.json` and the digest name. `said` are
    fields that `release.json` must have.
    """
    content = repository.objects.blob(f"{tree}:{releases.BUNDLE}")
    if content is None or bundles.digest_of(content) != said["digest"]:
        yield Violation(
            where, "bundle-edited", f"{name}: bundle.json does not have the digest {short(said['digest'])}…"
        )
        return
    if bundles.parse(content, digest=said["digest"]).root != said["name"]:
        yield Violation(where, "bundle-edited", f"{name}: bundle.json is that of another artifact")
    stated = parse_release_json(repository.objects.blob(f"{tree}:{releases.RELEASE}") or b"")
    for key in said:
        if stated[key] != said[key]:
            yield Violation(where, "tree-swapped", f"{name}: release.json names another {key}")
    files = {each.name: each for each in repository.objects.tree(tree, recursive=True) or []}
    hashes = {
        path: hashlib.sha256(repository.objects.blob(each.oid) or b"").hexdigest()
        for path, each in files.items()
        if path not in {releases.BUNDLE, releases.RELEASE}
    }
    for path in sorted({*hashes, *stated["files"]}):
        if hashes.get(path) != stated["files"].get(path):
            yield Violation(where, "tree-swapped", f"{name}: {path} is not what release.json says")
    for path, each in files.items():
        if each.mode != REGULAR:
            yield Violation(where, "tree-swapped", f"{name}: {path} has the mode {each.mode:o}")


_UNREADABLE = (UsageError, StoppedError, RefusedError, ValueError)
_COMMITTER = re.compile(rb"^committer [^\n]*> ([0-9]+) [+-][0-9]{4}$", re.MULTILINE)
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_POLICY_FILES = {
    f"{POLICY}/{each}" for each in ("promptctl.yaml", "pipeline.json", "allowed_signers", "revoked_keys")
}
_MODES = {
    "lock.json": REGULAR,
    "lock.json.sig": REGULAR,
    "promotion.json": REGULAR,
    "README.md": REGULAR,
    "policy": TREE,
    "releases": TREE,
}
"""What the tree of an environment holds, with its modes."""
