"""What the evals gate is told: suites of the default branch, recorded experiments, what serves."""

from __future__ import annotations

from promptctl.core import bundle as bundles
from promptctl.core.bundle import Bundle
from promptctl.core.lock import Pin
from promptctl.core.names import FOLDERS
from promptctl.errors import IntegrityError, StoppedError
from promptctl.gates import evals
from promptctl.gates.evals import Evidence
from promptctl.gates.result import Candidate, GateResult
from promptctl.model.pipeline import EvalsGate
from promptctl.model.registry import Registry
from promptctl.model.release import Release
from promptctl.model.suite import Suite, suites_of
from promptctl.model.visibility import invisible
from promptctl.services.pipeline import default_head
from promptctl.store import evidence, files, releases
from promptctl.store.registry import read as read_registry
from promptctl.store.repository import Repository


def check(
    repository: Repository,
    settings: EvalsGate,
    suites_registry: Registry,
    candidate: Candidate,
    release: Release,
    serving: Pin | None,
) -> GateResult:
    """Decide by what was last fetched, and by `default_suites`, which one plan reads once.

    Suites that cannot be read are inconclusive, with the place.
    """
    after = bundles.parse(releases.read_bundle(repository.objects, release), digest=release.digest)
    before = None if serving is None else read_pinned(repository, candidate.address, serving)
    try:
        suites = suites_of(suites_registry, candidate.address)
    except StoppedError as error:
        return GateResult("evals", candidate.address, "inconclusive", error.message, error.hint)
    return evals.check(
        candidate,
        baseline=None if before is None or serving is None else _baseline(before, serving, candidate),
        evidence=_gather(repository, suites, after, before),
        settings=settings,
    )


def default_suites(repository: Repository) -> Registry:
    """Return the suites and datasets of the default branch, as last fetched.

    Of prompts it has the paths alone, so that suites lead somewhere: their text decides no score.
    """
    judging = [FOLDERS["eval_suite"], FOLDERS["dataset"]]
    head = default_head(repository)
    found = files.from_tree(repository.objects, head, folders=judging, names_only=[FOLDERS["prompt"]])
    return read_registry(found)


def read_pinned(repository: Repository, address: str, pin: Pin) -> Bundle:
    """Return the bundle that serves; raise `IntegrityError` where it is not what its pin says."""
    content = repository.objects.blob(f"{pin.tree}:{releases.BUNDLE}")
    if content is None:
        raise IntegrityError(
            f"the release tree of {address} {pin.version} is missing", hint="promptctl verify"
        )
    return bundles.parse(content, digest=pin.digest)


def _gather(
    repository: Repository, suites: tuple[Suite, ...], after: Bundle, before: Bundle | None
) -> Evidence:
    found = {
        each.digest: evidence.find(repository, each.root, each.digest) for each in (after, before) if each
    }
    return Evidence(
        suites=suites,
        experiments={digest: each.experiments for digest, each in found.items()},
        invisible={each.address: invisible(after, before, each.cases) if before else () for each in suites},
        unsound=tuple(words for each in found.values() for words in each.unsound),
    )


def _baseline(bundle: Bundle, pin: Pin, candidate: Candidate) -> Candidate:
    model = bundle.body.get("model", {})
    return Candidate(
        candidate.address,
        pin.version,
        pin.digest,
        candidate.environment,
        model_provider=model.get("provider", ""),
        model_id=model.get("id", ""),
    )
