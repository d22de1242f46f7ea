"""Repair: after a restore from backup, or over a lock that nobody can read, an environment gets a number that
readers take for new.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from promptctl.core.limits import INTEGER_MAX
from promptctl.core.names import EVIDENCE_BRANCH, environment_ref
from promptctl.core.written import short
from promptctl.errors import IntegrityError, PromptctlError, RefusedError, UsageError
from promptctl.model.promotion import Promotion
from promptctl.services import environment_change
from promptctl.services.environment_change import Actor, Applied, Plan
from promptctl.store import branches, environments
from promptctl.store.environments import EnvironmentState
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Request:
    """The number that an environment gets."""

    environment: str
    sequence: int
    reason: str = ""
    dry_run: bool = False


def repair(repository: Repository, request: Request, actor: Actor) -> Applied:
    """Write what serves once more, under a higher number: nothing else changes. Where the lock of the head
    cannot be read, that is what the last readable one said.

    Runtimes refuse to go back, so they adopt nothing that a restored branch says until its number is above
    all that they have seen. Raise `RefusedError` where it is not above what is there, and above what this
    clone has ever seen there.
    """
    return environment_change.apply(
        repository, actor, lambda: plan(repository, request, actor), dry_run=request.dry_run
    )


def plan(repository: Repository, request: Request, actor: Actor) -> Plan:
    """Look at the branch as the remote has it now, then return what a repair would write."""
    if not 1 <= request.sequence <= INTEGER_MAX:
        raise UsageError(f"a number is 1 to {INTEGER_MAX}", hint="promptctl status shows the one of now")
    ref = environment_ref(request.environment)
    seen = max(_sequences(repository, request.environment, branches.heads_seen(repository, ref)), default=0)
    # The branch went back, so it is not fetched: the copy here is what tells how far it had come.
    state = _last_readable(repository, request.environment, branches.read_remote(repository, ref))
    _refuse_nothing(repository, state)
    if request.sequence <= seen:
        raise RefusedError(
            f"this clone saw env/{request.environment} at number {seen}: {request.sequence} is not higher",
            hint=f"promptctl repair --env {request.environment} --sequence {seen + 1} --reason …, or higher:"
            " ask the other clones, and the status of runtimes",
        )
    promotion = Promotion("repair", actor.identity, actor.at, request.reason)
    return Plan(state, state.lock.repaired(request.sequence), promotion)


def _last_readable(repository: Repository, environment: str, head: str | None) -> EnvironmentState:
    """Return what a branch says; where somebody wrote over its lock, what the last readable one said."""
    try:
        return environments.read(repository.objects, environment, head)
    except IntegrityError as error:
        branches.deepen(repository, environment_ref(environment))
        listed = repository.git.run("rev-list", "--first-parent", "--end-of-options", str(head))
        for commit in listed.decode().split():
            with suppress(IntegrityError):
                state = environments.read(repository.objects, environment, commit)
                repository.note(f"{error.message}; what {short(commit)} said is written again")
                return state._replace(head=head)
        raise


def _refuse_nothing(repository: Repository, state: EnvironmentState) -> None:
    if state.head is None and state.environment == "evidence":
        copy, remote = repository.refs.where(EVIDENCE_BRANCH), repository.refs.remote
        raise RefusedError(
            "evidence is a branch and no environment: it has no number",
            hint=f"from a clone that has more of it: git push {remote} {copy}:{EVIDENCE_BRANCH}",
        )
    if state.head is None:
        raise RefusedError(
            f"env/{state.environment} is not there: nothing to repair",
            hint=f"push it from a clone that has it, or promote to {state.environment} anew, then repair",
        )


def _sequences(repository: Repository, environment: str, heads: list[str]) -> Iterator[int]:
    """Yield the numbers of commits that can be read here."""
    for head in heads:
        with suppress(PromptctlError):
            yield environments.read_serving(repository.objects, environment, head).sequence
