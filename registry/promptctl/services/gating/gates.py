"""Every gate of an environment, asked about one release, in the order in which people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from promptctl.core import durations
from promptctl.errors import RefusedError
from promptctl.gates import after, approvals, freeze, hold, policy_loosened, signed, soak
from promptctl.gates.result import GateResult
from promptctl.model.pipeline import ApprovalsGate, EvalsGate, FreezeWindow, PolicyLoosenedGate
from promptctl.model.release import Release
from promptctl.services.gating.question import Question, Setting, candidate_of
from promptctl.services.gating.served import served, soaked
from promptctl.store import releases
from promptctl.store.environments import EnvironmentState
from promptctl.store.signers import verify_tag

UNSOUND_SHOWN = 8


def ask(setting: Setting, release: Release) -> Iterator[GateResult]:
    """Yield what each gate of the environment says to a release."""
    question = _question(setting, release)
    yield hold.check(question.candidate, lock=setting.state.lock)
    for name, gate in _gates(setting):
        yield _asked(name, gate, question)


def ask_one(setting: Setting, release: Release, name: str) -> GateResult | None:
    """Return what one gate says, None where it is not set."""
    gate = dict(_gates(setting)).get(name)
    return None if gate is None else _asked(name, gate, _question(setting, release))


def _question(setting: Setting, release: Release) -> Question:
    objects, address = setting.repository.objects, release.address
    bundle = releases.read_checked(objects, release)
    pin, environment = setting.state.lock.pins.get(address), setting.target.name
    recorded = setting.evidence(address, release.digest).approvals
    return Question(
        release,
        candidate_of(bundle, version=str(release.version), environment=environment),
        bundle,
        pin,
        releases.read_pinned(objects, address, pin) if pin else None,
        tuple(each for each in recorded if each.statement.environment == environment),
    )


Gate = Callable[[Question], GateResult]


def _gates(setting: Setting) -> Iterator[tuple[str, Gate]]:
    """Yield the gates that are set, each with its settings."""
    gates, before = setting.target.gates, setting.before
    if before is not None:
        yield "after", partial(_after, setting, before)
        if gates.soak is not None:
            yield "soak", partial(_soak, setting, before, gates.soak)
    if gates.evals is not None:
        yield "evals", partial(_evals, setting, gates.evals)
    if gates.policy_loosened is not None:
        yield "policy_loosened", partial(_policy_loosened, setting, gates.policy_loosened)
    if gates.approvals is not None:
        yield "approvals", partial(_approvals, setting, gates.approvals)
    if gates.signed:
        yield "signed", partial(_signed, setting)
    if gates.freeze:
        yield "freeze", partial(_freeze, setting, gates.freeze)


def _asked(name: str, gate: Gate, question: Question) -> GateResult:
    """What a gate needs and cannot be read is no pass, and no reason to leave out the other gates."""
    try:
        return gate(question)
    except RefusedError as error:
        return GateResult(name, question.candidate.address, "inconclusive", error.message, error.hint)


def _after(setting: Setting, before: EnvironmentState, question: Question) -> GateResult:
    digests = served(setting.repository, before, question.release)
    return after.check(question.candidate, after=before.environment, served=digests)


def _soak(setting: Setting, before: EnvironmentState, duration: str, question: Question) -> GateResult:
    return soak.check(
        question.candidate,
        after=before.environment,
        served=soaked(setting.repository, before, question.release),
        duration_s=durations.seconds(duration),
        now=setting.actor.now,
    )


def _evals(setting: Setting, settings: EvalsGate, question: Question) -> GateResult:
    from promptctl.services.gating import evals

    return evals.check(setting, settings, question)


def _policy_loosened(setting: Setting, settings: PolicyLoosenedGate, question: Question) -> GateResult:
    from promptctl.services.gating.loosened import loosened

    found = loosened(setting.repository, setting.state, question.serving, question.bundle, setting.suites)
    return policy_loosened.check(
        question.candidate,
        loosened=tuple(found),
        settings=settings,
        approvals=question.approvals,
        groups=setting.pipeline.groups,
        people=setting.pipeline.people,
        has_signing=bool(setting.signers.allowed),
    )


def _approvals(setting: Setting, settings: ApprovalsGate, question: Question) -> GateResult:
    result = approvals.check(
        question.candidate,
        settings=settings,
        approvals=question.approvals,
        authors=setting.authors(question) if settings.not_author else (),
        promoter=setting.actor.identity,
        people=setting.pipeline.people,
        has_signing=bool(setting.signers.allowed),
    )
    if result.result == "pass":
        return result
    # One that somebody waits for may be among what could not be used.
    unsound = setting.evidence(question.release.address, question.release.digest).unsound
    return replace(result, reason="\n".join((result.reason, *unsound[:UNSOUND_SHOWN])))


def _signed(setting: Setting, question: Question) -> GateResult:
    tag = setting.repository.objects.read(question.release.tag_object)
    verified = verify_tag(tag.data if tag else b"", setting.signers, now=setting.actor.now)
    return signed.check(question.candidate, signer=verified.principal, problem=verified.problem)


def _freeze(setting: Setting, windows: Sequence[FreezeWindow], question: Question) -> GateResult:
    return freeze.check(question.candidate, windows=windows, now=setting.actor.now)
