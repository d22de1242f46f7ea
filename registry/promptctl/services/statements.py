"""What somebody says about a release for an environment, signed: what is known before, how it is recorded.

Approvals and waivers differ in what they say, and in when that has been said already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptctl.core.lock import Pin
from promptctl.core.names import EVIDENCE_BRANCH, Ref, environment_ref, short_name, tags_of
from promptctl.core.versions import Version
from promptctl.errors import RefusedError, UsageError
from promptctl.gates.result import GateResult
from promptctl.model.pipeline import Pipeline
from promptctl.model.release import Release
from promptctl.model.statements import Said
from promptctl.services import environment_change
from promptctl.services.environment_change import Actor
from promptctl.services.gating.question import Setting
from promptctl.services.pipeline import default_head, read_policy
from promptctl.services.versions import read_release
from promptctl.store import evidence, releases
from promptctl.store.environments import EnvironmentState
from promptctl.store.evidence import Found
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository
from promptctl.store.signers import Signer, Signers, read_signers

if TYPE_CHECKING:
    from promptctl.model.difference.compare import Difference

SET_UP = "promptctl init --signing"


@dataclass(frozen=True, slots=True)
class Subject:
    """A release, and where it may serve."""

    address: str
    version: Version
    environment: str


@dataclass(frozen=True, slots=True)
class Case:
    """What is known before anything is said: `found` is what counts already of the release's digest.

    `pipeline` and `signers` are those of the default branch; `state` is what the environment says.
    """

    pipeline: Pipeline
    release: Release
    state: EnvironmentState
    signers: Signers
    signer: Signer
    found: Found

    @property
    def serving(self) -> Pin | None:
        """What serves there now under the release's address."""
        return self.state.lock.pins.get(self.release.address)


def subject(name: str, environment: str, *, what: str, command: str) -> Subject:
    """Return what NAME@VERSION means; raise `UsageError` for anything else.

    `what` is said of it: `an approval`. `command` is what the hint shows, with a `{}` for the name.
    """
    ref = Ref.parse(name)
    if not ref.address or ref.version is None:
        bare = short_name(ref.address) or "NAME"
        raise UsageError(f"{what} is for a version of a release", hint=command.format(f"{bare}@1.2.0"))
    return Subject(ref.address, ref.version, environment)


def look(repository: Repository, about: Subject, actor: Actor, what: str) -> Case:
    """Fetch, then return what is known; `what` is going to be signed.

    Raise `UsageError` for an environment or release that does not exist, `RefusedError` where nothing can be
    signed that would count.
    """
    address, environment = about.address, about.environment
    repository.refs.fetch([HEAD, EVIDENCE_BRANCH, environment_ref(environment), tags_of(address)])
    pipeline, _ = read_policy(repository)
    pipeline.environment(environment)
    release = read_release(repository, address, about.version)
    signers = read_signers(repository, default_head(repository))
    return Case(
        pipeline=pipeline,
        release=release,
        state=environment_change.read_state(repository, environment),
        signers=signers,
        signer=signer_that_counts(actor, signers, what),
        found=evidence.find(repository, address, release.digest, signers, now=actor.now),
    )


def signer_that_counts(actor: Actor, signers: Signers, what: str) -> Signer:
    """Return who signs, as the allowed signers name him; raise `RefusedError` where they do not know him."""
    if actor.signer is None:
        raise RefusedError(f"{what} is signed, and no signing key is set up here", hint=SET_UP)
    return actor.signer.known_to(signers)


def difference(repository: Repository, case: Case) -> Difference | None:
    """Return what the release changes of what serves there, None where nothing does.

    Raise `RefusedError` where the release's bytes are not what its tag says.
    """
    from promptctl.model.difference.compare import compare

    after = releases.read_checked(repository.objects, case.release)
    if case.serving is None:
        return None
    return compare(releases.read_pinned(repository.objects, case.release.address, case.serving), after)


def gate_of(repository: Repository, case: Case, name: str, asker: Actor, found: Found) -> GateResult | None:
    """Return what a gate says to a release of which `found` is known, None where the gate is not set.

    `asker` promotes it. What is needed and cannot be read makes the answer inconclusive.
    """
    from promptctl.services.gating.gates import ask_one

    target, release = case.pipeline.environment(case.state.environment), case.release
    try:
        before = None
        if target.after and name in ("after", "soak"):
            repository.refs.fetch([environment_ref(target.after)])
            before = environment_change.read_state(repository, target.after)
        known = {(release.address, release.digest): found}
        setting = Setting(repository, case.pipeline, case.signers, target, case.state, before, asker, known)
        return ask_one(setting, release, name)
    except RefusedError as error:
        return GateResult(name, release.address, "inconclusive", error.message, error.hint)


def record(repository: Repository, statement: Said, actor: Actor, signer: Signer, signers: Signers) -> None:
    """Push a signed statement; raise `RefusedError`, before that, where it would not count."""
    evidence.add(
        repository,
        [statement],
        person=actor.person,
        now=actor.now,
        pause=actor.pause,
        signer=signer,
        signers=signers,
    )
