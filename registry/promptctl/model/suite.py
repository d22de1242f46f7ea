"""Suites as they are run: the cases of the dataset with every assertion that holds for them, and a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import fsum
from typing import Any

import rfc8785

from promptctl.core.bundle import digest_of
from promptctl.core.kinds.dataset import Case
from promptctl.core.names import FOLDERS, address_of
from promptctl.core.verdict import CaseScore
from promptctl.errors import StoppedError, UsageError
from promptctl.model.bundle import body
from promptctl.model.evidence import CaseResult, Experiment
from promptctl.model.findings import refusal
from promptctl.model.promotion import legible
from promptctl.model.registry import Artifact, Registry

SCHEMA = "promptctl.suite/v1"
_EVALS = FOLDERS["eval_suite"]


@dataclass(frozen=True, slots=True)
class Suite:
    """What judges an artifact. `cases` stand in id order, each with the suite's assertions, then its own.

    `digest` names everything that decides a score, `dataset_sha256` (hex) the cases alone, whatever their
    order and layout in the file. `judges` maps the addresses of judge prompts to their digests.
    """

    address: str
    target: str
    primary: str
    min_score: float | None
    repeats: int
    cases: tuple[Case, ...]
    digest: str
    dataset_sha256: str
    judges: Mapping[str, str] = field(default_factory=dict)


def suites_of(registry: Registry, target: str) -> tuple[Suite, ...]:
    """Return the suites that judge `target`, by address, with their cases.

    Raise `StoppedError` where one of them, or its dataset, cannot be used, and where any file among the
    suites cannot be read, whatever it is called: nobody knows what it would have judged.
    """
    suites = registry.of_kind("eval_suite")
    unread = {each for each in registry.sources if _is_of_suites(each)} - {each.path for each in suites}
    if unread:
        raise StoppedError(
            f"{legible(min(unread))} cannot be read, and might judge {target}", hint="promptctl validate"
        )
    return tuple(resolve(registry, each.address) for each in suites if each.value.target == target)


def resolve(registry: Registry, address: str) -> Suite:
    """Return the suite with its cases.

    Raise `UsageError` where there is none at this address, `StoppedError` where it or its dataset cannot be
    used as it stands.
    """
    artifact = _sound(registry, address)
    value = artifact.value
    dataset = _sound(registry, address_of("dataset", value.dataset))
    cases = sorted(dataset.value.cases, key=lambda case: case.id)
    if not cases:
        raise StoppedError(f"{dataset.path} has no cases", hint="add one JSON object a line")
    plain = sorted(_body(dataset)["cases"], key=lambda case: str(case["id"]))
    written = [_as_written(case) for case in plain]
    return Suite(
        address=address,
        target=value.target,
        primary=value.primary,
        min_score=value.min_score,
        repeats=value.repeats,
        cases=tuple(replace(case, assertions=(*value.assertions, *case.assertions)) for case in cases),
        digest=digest_of(_content(_as_written(_body(artifact)), written)),
        dataset_sha256=hashlib.sha256(rfc8785.dumps(written)).hexdigest(),
    )


def case_scores(experiment: Experiment, suite: Suite) -> tuple[CaseScore, ...]:
    """Return an experiment's cases as they are judged: primary metric, the suite's own groups and must_pass.

    Cases that the suite does not have are left out.
    """
    results = {each.id: each for each in experiment.cases}
    return tuple(
        _case_score(each, results[each.id], suite.primary) for each in suite.cases if each.id in results
    )


def _case_score(case: Case, result: CaseResult, primary: str) -> CaseScore:
    repeats = result.scores.get(primary, ())
    errored = result.errored or not repeats
    score = 0.0 if errored else fsum(repeats) / len(repeats)
    return CaseScore(case.id, score, errored=errored, must_pass=case.must_pass, group=case.group)


def _content(suite: Mapping[str, Any], cases: Iterable[Mapping[str, Any]]) -> bytes:
    return rfc8785.dumps({"schema": SCHEMA, "suite": dict(suite), "dataset": list(cases), "judges": {}})


def _body(artifact: Artifact) -> dict[str, Any]:
    return body(artifact)


def _as_written(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body under the names of the file: `assert` is a word of Python, so its field is another."""
    return {"assert" if key == "assertions" else key: value for key, value in plain.items()}


def _is_of_suites(path: str) -> bool:
    """Whether it lies among the suites, or in place of their folder."""
    return path == _EVALS or path.startswith(f"{_EVALS}/")


def _sound(registry: Registry, address: str) -> Artifact:
    if address not in registry.paths:
        raise UsageError(f"there is no {address}", hint="promptctl list")
    path = registry.paths[address]
    errors = [each for each in registry.findings if each.path == path and each.severity == "error"]
    if errors:
        raise refusal(errors)
    if address not in registry.artifacts:
        raise StoppedError(f"{path} cannot be read", hint="promptctl validate")
    return registry.artifacts[address]
