"""The one write path of environments: plan on the head that was read, then one push with a lease.

Promote, roll back, hold and unhold differ in their plans only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from promptctl.core.lock import Lock
from promptctl.core.names import environment_ref, short_name
from promptctl.core.written import timestamp
from promptctl.errors import LostRaceError, RefusedError
from promptctl.gates.result import GateResult
from promptctl.model.promotion import Move, Promotion, legible
from promptctl.services import signing
from promptctl.store import environments
from promptctl.store.environments import EnvironmentState, Person, Policy
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository

if TYPE_CHECKING:
    from promptctl.model.statements import Waiver
    from promptctl.store.signers import Signer

ATTEMPTS = 40
_STUCK = 8  # so often in a row nobody loses a race that nobody wins
_URGENT = ("rollback", "hold", "repair")  # never stopped by a key that cannot sign


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, when, and how he waits: `pause(n)` sleeps a jittered while before attempt n + 1.

    `signer` signs what he writes; without one everything works, and he is shown as unverified.
    """

    person: Person
    now: datetime
    pause: Callable[[int], None]
    signer: Signer | None = None

    @property
    def at(self) -> str:
        """The time of the act as it is written in locks, UTC."""
        return timestamp(self.now)

    @property
    def identity(self) -> str:
        """Who acts, as locks and records say it."""
        return self.signer.principal if self.signer else self.person.email

    def as_promoter(self, promoters: Sequence[str]) -> Actor:
        """Return as whom gates are asked for somebody who only looks: as the first who may promote, else as
        nobody. Asked as himself, an approver would read that his approval does not count.
        """
        who = promoters[0] if promoters else ""
        return replace(self, person=Person(who, who), signer=None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, and what the gates say. Without changes nothing is written.

    `state` is what the plan was made on: the lease of the push. `waivers` let gates be passed; `unrecorded`
    are those of them that become evidence before it.
    """

    state: EnvironmentState
    lock: Lock
    promotion: Promotion
    gates: tuple[GateResult, ...] = ()
    policy: Policy | None = None
    waivers: tuple[Waiver, ...] = ()
    unrecorded: tuple[Waiver, ...] = ()

    @property
    def stopping(self) -> tuple[GateResult, ...]:
        """The gates that did not pass and are not waived."""
        waived = {(each.address, each.gate) for each in self.waivers}
        return tuple(
            each for each in self.gates if each.result != "pass" and (each.address, each.gate) not in waived
        )

    @property
    def is_blocked(self) -> bool:
        """Whether a gate stops it."""
        return bool(self.stopping)

    @property
    def is_done(self) -> bool:
        """Whether the environment is already as it should be."""
        return self.lock == self.state.lock


@dataclass(frozen=True, slots=True)
class Applied:
    """The plan that became true, and the commit it became (None where nothing was to be done)."""

    plan: Plan
    commit: str | None
    attempts: int = 1


def actor_of(repository: Repository, now: datetime, pause: Callable[[int], None]) -> Actor:
    """Return the person whom git knows here; raise `RefusedError` where git knows nobody, or by nothing that
    may be written into a lock.
    """
    environ, configured = repository.git.environ, repository.configuration.last
    email = environ.get("GIT_COMMITTER_EMAIL") or configured("user.email")
    name = environ.get("GIT_COMMITTER_NAME") or configured("user.name") or email
    if not email:
        raise RefusedError(
            "git does not know who you are: user.email is not set",
            hint="git config --global user.email you@example.com",
        )
    if any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in email):
        raise RefusedError(  # no lock that says so could be read again
            "user.email holds control characters", hint="git config --global user.email you@example.com"
        )
    person = Person(legible(str(name)), legible(email))
    return Actor(person, now, pause, signing.signer(repository))


def read_state(repository: Repository, environment: str) -> EnvironmentState:
    """Return what an environment says, as last fetched."""
    head = repository.refs.read(environment_ref(environment))
    return environments.read(repository.objects, environment, head)


def apply(
    repository: Repository, actor: Actor, make_plan: Callable[[], Plan], *, dry_run: bool = False
) -> Applied:
    """Make a plan true, unless it is a dry run.

    `make_plan` fetches and plans; it runs again whenever somebody else was faster.

    Raise `LostRaceError` where one of the plan's own addresses was moved meanwhile, or after too many
    attempts, `RefusedError` where the remote lets nobody move the branch. A plan that is blocked or already
    done is returned as it is.
    """
    plan, stuck = make_plan(), 0
    for attempt in range(1, ATTEMPTS + 1):
        if dry_run or plan.is_blocked or plan.is_done:
            return Applied(plan, None, attempt)
        try:
            commit = _push(repository, actor, plan)
        except LostRaceError:
            actor.pause(attempt)
            earlier, plan = plan, make_plan()
            _refuse_same_name(earlier, plan)
            stuck = stuck + 1 if plan.state.head == earlier.state.head else 0
            if stuck == _STUCK:
                raise _locked(plan.state.environment) from None
        else:
            _warn(repository, actor, plan, commit)
            return Applied(plan, commit, attempt)
    environment = plan.state.environment
    raise LostRaceError(
        f"env/{environment} was moved by others {ATTEMPTS} times in a row", hint="run the command again"
    )


def _push(repository: Repository, actor: Actor, plan: Plan) -> str:
    if plan.unrecorded:  # harmless where the environment is not moved after all
        from promptctl.store import evidence
        from promptctl.store.signers import read_signers

        evidence.add(
            repository,
            plan.unrecorded,
            person=actor.person,
            now=actor.now,
            pause=actor.pause,
            signer=actor.signer,
            signers=read_signers(repository, repository.refs.read(HEAD)),
        )

    def write(signer: Signer | None) -> str:
        return environments.write(
            repository.objects,
            plan.state,
            plan.lock,
            plan.promotion,
            policy=plan.policy,
            person=actor.person,
            now=actor.now,
            signer=signer,
        )

    is_urgent = plan.promotion.action in _URGENT
    commit = signing.signed(repository, actor.signer, write, is_urgent=is_urgent)
    repository.refs.push(environment_ref(plan.state.environment), commit, plan.state.head)
    return commit


def _warn(repository: Repository, actor: Actor, plan: Plan, commit: str) -> None:
    """Whoever promotes is a promoter; all else is for everybody, and runtimes may not adopt it."""
    if plan.promotion.action == "promote":
        return
    from promptctl.services import adoption

    adoption.warn(repository, plan.state.environment, plan.lock.sequence, commit, at=actor.now)


def _locked(environment: str) -> RefusedError:
    ref = environment_ref(environment)
    return RefusedError(
        f"env/{environment} was not moved: the remote says that somebody else moves it, and nobody does",
        hint=f"a push that died there left a lock file: ask who runs the remote to remove {ref}.lock",
    )


def _refuse_same_name(earlier: Plan, later: Plan) -> None:
    wanted = {move.address for move in later.promotion.changes}
    for move in earlier.promotion.changes:
        if move.address not in wanted:
            continue  # it serves already what was asked for
        before, now = (plan.state.lock.pins.get(move.address) for plan in (earlier, later))
        if now is not None and now != before:
            environment = earlier.state.environment
            was = before.version if before else "nothing"
            raise LostRaceError(
                f"env/{environment} moved {_name(move)} {was} → {now.version}, by {now.by}, meanwhile",
                hint="look at promptctl status, then decide again",
            )


def _name(move: Move) -> str:
    return short_name(move.address)
