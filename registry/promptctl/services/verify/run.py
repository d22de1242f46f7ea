"""Verify: look at everything that people with plain git can forge, and name each violation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from promptctl.core.names import ENVIRONMENTS, EVIDENCE_BRANCH, environment_ref, parse_tag
from promptctl.core.written import short
from promptctl.errors import IntegrityError, RefusedError, UsageError
from promptctl.model.promotion import legible
from promptctl.services.environments_read import heads
from promptctl.services.verify.basis import Basis, check_kept, check_policies, policies
from promptctl.services.verify.chain import check_chain
from promptctl.services.verify.gates import check_gates
from promptctl.services.verify.ledger import Ledger, check_evidence
from promptctl.services.verify.signatures import check_locks
from promptctl.services.verify.steps import Step, read_steps
from promptctl.services.verify.trees import check_pins, check_release, check_source, is_tag_of
from promptctl.services.verify.violation import Violation, guarded
from promptctl.store import branches, environments
from promptctl.store.environments import EnvironmentState
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and every violation found, sorted."""

    environments: tuple[str, ...]
    releases: int
    commits: int
    violations: tuple[Violation, ...]


def verify(repository: Repository, *, environment: str = "", everything: bool, now: datetime) -> Verified:
    """Look at one environment or all of them; with `everything` at every release tag too.

    What cannot be read is a violation like any other: nothing that is in git ends this early. Raise
    `Unavailable` where the remote cannot be asked, `UsageError` for an environment that there is not.
    """
    known, violations = _fetch(repository, environment)
    basis = Basis(repository, repository.refs.read(HEAD), now)
    ledger = Ledger(basis)
    states, commits = [], 0
    for name, head in known.items():
        try:
            steps = read_steps(repository, name, head)
        except RefusedError as error:
            violations.append(Violation(f"env/{name}", "unreadable", error.message))
            continue
        commits += len(steps)
        violations += _check_environment(basis, ledger, name, steps)
        states += [EnvironmentState(name, head, each.lock) for each in steps[:1] if each.lock]
    violations += guarded("evidence", check_evidence(basis))
    tags, problems = _fetch_tags(repository, states, everything=everything)
    violations += problems
    for state in states:
        violations += check_pins(repository, state, tags)
    for ref, tag_object in tags.items():
        where = ref.removeprefix("refs/tags/")
        violations += guarded(where, check_release(repository, where, ref, tag_object), code="tag-moved")
        violations += guarded(where, check_source(basis, where, ref, tag_object), code="tag-moved")
    found = {replace(each, message=legible(each.message)) for each in violations}
    return Verified(tuple(known), len(tags), commits, tuple(sorted(found)))


def _check_environment(basis: Basis, ledger: Ledger, name: str, steps: Sequence[Step]) -> Iterator[Violation]:
    where, head = f"env/{name}", steps[0].commit
    in_force = policies(basis, steps)
    yield from check_chain(name, steps, basis.now)
    for check in (
        check_policies(basis, where, steps),
        check_kept(basis.repository, where, head, steps),
        check_locks(basis, name, steps, in_force),
        check_gates(basis, ledger, name, steps, in_force),
    ):
        yield from guarded(where, check)


def _fetch(repository: Repository, environment: str) -> tuple[dict[str, str], list[Violation]]:
    """Return the head of each environment that is looked at, as the remote has it, and what went back."""
    violations = []
    for ref, where in ((HEAD, "the default branch"), (EVIDENCE_BRANCH, "evidence")):
        try:
            repository.refs.fetch([ref])
        except RefusedError as error:
            code = "branch-rewound" if isinstance(error, IntegrityError) else "unreadable"
            violations.append(Violation(where, code, _words(error)))
    if lost := repository.refs.lost(EVIDENCE_BRANCH):
        words = f"the branch was deleted; here it was at {short(lost)}"
        violations.append(Violation("evidence", "branch-rewound", words))
    pattern = environment_ref(environment) if environment else f"{ENVIRONMENTS}*"
    is_rewound = False
    try:
        repository.refs.fetch([pattern])
    except IntegrityError as error:
        is_rewound = True
        violations.append(Violation(f"env/{environment or '*'}", "branch-rewound", _words(error)))
    gone = _gone(repository)
    for name, head in gone.items():
        if name == (environment or name):
            words = f"the branch was deleted; here it was at {short(head)}"
            violations.append(Violation(f"env/{name}", "branch-rewound", words))
    known = heads(repository.refs)
    known = {name: known[name] for name in ([environment] if environment else known) if name in known}
    if environment and not known and environment not in gone:
        raise UsageError(f"nothing was ever promoted to {environment}", hint="promptctl status")
    if is_rewound:
        known, twice = _heads_of_remote(repository, known)
        violations += twice
    for name in known:
        branches.deepen(repository, environment_ref(name))
    return known, violations


def _words(error: RefusedError) -> str:
    """Return what is wrong and, where the remote may have been restored, what puts it right."""
    _, restored, command = error.hint.partition("if the remote was restored")
    return f"{error.message}; {restored}{command}" if restored else error.message


def _gone(repository: Repository) -> dict[str, str]:
    """Return the environments that this clone knew and the remote does not have: what else lies below `env/`
    here, under whatever name, was none.
    """
    lost = repository.refs.lost_below(ENVIRONMENTS)
    named = {ref.removeprefix(ENVIRONMENTS): head for ref, head in lost.items()}
    return {name: head for name, head in named.items() if _number(repository, name, head)}


def _heads_of_remote(
    repository: Repository, known: Mapping[str, str]
) -> tuple[dict[str, str], list[Violation]]:
    """Return what the remote has now, and each number that stands for two states."""
    found, violations = {}, []
    for name, seen in known.items():
        head = branches.read_remote(repository, environment_ref(name))
        if head is None:
            continue
        found[name] = head
        before, now = (_number(repository, name, each) for each in (seen, head))
        if head != seen and before == now:
            words = f"the number {now} stands for two states: {short(seen)} and {short(head)}"
            violations.append(Violation(f"env/{name}", "sequence-twice", words))
        elif before < now:
            ref = environment_ref(name)
            accept = f"git fetch {repository.refs.remote} '+{ref}:{repository.refs.where(ref)}'"
            words = f"it went from number {before} to {now} on another way: if that was a repair, {accept}"
            violations.append(Violation(f"env/{name}", "branch-rewound", words))
    return found, violations


def _number(repository: Repository, environment: str, commit: str) -> int:
    with suppress(RefusedError):
        return environments.read_serving(repository.objects, environment, commit).sequence
    return 0


def _fetch_tags(
    repository: Repository, states: Iterable[EnvironmentState], *, everything: bool
) -> tuple[dict[str, str], list[Violation]]:
    """Return the tags to check, and a violation for each that the remote moved since it was fetched."""
    pins = (each for state in states for each in state.lock.pins.items())
    wanted = {pin.tag for address, pin in pins if is_tag_of(pin, address)}
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
