"""What `eval` runs: names and refs become bundles, suites and the margin of the gate they are for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from promptctl.core.names import Ref, short_name
from promptctl.errors import RefusedError, StoppedError, UsageError
from promptctl.model.pipeline import EvalsGate, Pipeline
from promptctl.model.suite import Suite, suites_of
from promptctl.services.environment_change import Actor
from promptctl.services.evaluate import Judged, Request, Side
from promptctl.services.gating.suites import default_suites
from promptctl.services.pipeline import read_policy
from promptctl.services.resolve import Resolved, environment_state, resolve
from promptctl.services.workspace import Workspace
from promptctl.store import evidence
from promptctl.store.refs import HEAD
from promptctl.store.signers import read_signers


def plan(
    workspace: Workspace, ref: Ref, *, baseline: Ref | None, suites: Sequence[str], provider: str
) -> Request:
    """Return what is to be run for one name.

    Files are judged by the suites that stand beside them, releases by those of the default branch. Where a
    baseline environment does not serve the name yet, there is no baseline. Raise `UsageError` for unknown
    names and suites, `StoppedError` where no suite judges the name.
    """
    candidate = resolve(workspace, ref)
    return Request(
        candidate=_side(candidate),
        baseline=None if baseline is None else _baseline(workspace, candidate.address, baseline),
        suites=_chosen(_suites(workspace, candidate), candidate.address, suites),
        margin=_settings(workspace, baseline).margin,
        provider=provider,
    )


def default_pipeline(workspace: Workspace) -> Pipeline:
    """Return the pipeline of the default branch; an empty one where that branch has none yet."""
    workspace.fetch([HEAD])
    try:
        return read_policy(workspace.repository)[0]
    except RefusedError:
        return Pipeline()


@dataclass(frozen=True, slots=True)
class Recording:
    """The names of the recorded experiments, and who signed them: None where nobody could.

    `strange` are the suites that are not those of the default branch: no gate counts such evidence until they
    are. `evaluators` are those of whom alone a signature counts, where the signer is none of them.
    """

    names: tuple[str, ...] = ()
    signer: str | None = None
    strange: tuple[str, ...] = ()
    evaluators: tuple[str, ...] = ()


def evaluators_else(workspace: Workspace, actor: Actor) -> tuple[str, ...]:
    """Return whose signature counts, where what this actor records does not count; else nobody."""
    evaluators = tuple(default_pipeline(workspace).evaluators)
    known = actor.signer is not None and actor.signer.is_known
    return () if known and actor.identity in evaluators else evaluators


def record(workspace: Workspace, judged: Sequence[Judged], actor: Actor) -> Recording:
    """Push the experiments of both sides in one commit, signed where the allowed signers know the key here.

    Raise `RefusedError` where that signature would not be sound.
    """
    repository = workspace.repository
    workspace.fetch([HEAD])
    signer = actor.signer if actor.signer is not None and actor.signer.is_known else None
    names = evidence.add(
        repository,
        [run.experiment for each in judged for run in (each.candidate, each.baseline) if run],
        person=actor.person,
        now=actor.now,
        pause=actor.pause,
        signer=signer,
        signers=read_signers(repository, repository.refs.read(HEAD)) if signer else None,
    )
    counted = _digests_on_default(workspace, {each.suite.target for each in judged})
    strange = tuple(each.suite.address for each in judged if each.suite.digest not in counted)
    others = evaluators_else(workspace, actor)
    return Recording(names, signer.principal if signer else None, strange, others)


def _digests_on_default(workspace: Workspace, targets: Collection[str]) -> set[str]:
    """Return the digests of the suites that the gate would ask; none where it cannot read them."""
    try:
        registry = default_suites(workspace.repository)
        return {each.digest for target in targets for each in suites_of(registry, target)}
    except (RefusedError, StoppedError):
        return set()


def _side(resolved: Resolved) -> Side:
    return Side(resolved.where, resolved.bundle)


def _baseline(workspace: Workspace, address: str, baseline: Ref) -> Side | None:
    ref = replace(baseline, address=baseline.address or address)
    if ref.address != address:
        raise UsageError(
            f"{ref} is no baseline of {address}", hint="compare a prompt with itself: --baseline @prod"
        )
    if ref.environment and address not in environment_state(workspace, ref.environment).lock.pins:
        return None
    return _side(resolve(workspace, ref))


def _suites(workspace: Workspace, candidate: Resolved) -> tuple[Suite, ...]:
    registry = candidate.registry
    if registry is None:
        workspace.fetch([HEAD])
        registry = default_suites(workspace.repository)
    return suites_of(registry, candidate.address)


def _chosen(suites: tuple[Suite, ...], address: str, names: Sequence[str]) -> tuple[Suite, ...]:
    if not suites:
        name = short_name(address)
        raise StoppedError(
            f"no suite judges {address}", hint=f"add evals/{name}.yaml with `target: {address}`"
        )
    wanted = [each if each.startswith("evals/") else f"evals/{each}" for each in names]
    known = [each.address for each in suites]
    for each in wanted:
        if each not in known:
            raise UsageError(f"{each} does not judge {address}", hint=f"those that do: {', '.join(known)}")
    return tuple(each for each in suites if not wanted or each.address in wanted)


def _settings(workspace: Workspace, baseline: Ref | None) -> EvalsGate:
    """Return the settings of the gate that the comparison is for."""
    if baseline is None or not baseline.environment:
        return EvalsGate()
    environments = default_pipeline(workspace).environments
    found = (each.gates.evals for each in environments if each.name == baseline.environment)
    return next(found, None) or EvalsGate()
