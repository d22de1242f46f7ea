"""Experiments as evidence: one run of a suite, bound to a digest, as an in-toto Statement v1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from promptctl.model import in_toto
from promptctl.model.in_toto import Parts, name_of, text

__all__ = ["CaseResult", "Experiment", "Recorded", "experiment_of", "is_same_model", "name_of", "parse"]

EXPERIMENT = "https://promptctl.dev/experiment/v1"
HARNESS = "1"
"""Grows when equal answers can score otherwise than before; two harnesses are never compared."""

_DATED = re.compile(r"-(latest|\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: per metric one score (0 to 1) for each repeat; none where the case errored."""

    id: str
    group: str = ""
    must_pass: bool = False
    errored: bool = False
    scores: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Experiment:
    """One run of one suite on one digest. It holds no outputs and no inputs.

    `provider` and `model_answered` are what really answered, `model_named` is what was asked for. `live`,
    `cached` and `replayed` count answers. `started` is UTC. Cases stand in id order.
    """

    address: str
    digest: str
    suite: str
    suite_digest: str
    dataset_sha256: str
    provider: str
    model_named: str
    model_answered: str
    live: int
    cached: int
    replayed: int
    started: str
    cases: tuple[CaseResult, ...]
    judges: Mapping[str, str] = field(default_factory=dict)
    harness: str = HARNESS

    def to_bytes(self) -> bytes:
        """Return the statement: RFC 8785, no final newline."""
        return in_toto.write(self.address, self.digest, EXPERIMENT, self._predicate())

    def _predicate(self) -> dict[str, Any]:
        return {
            "suite": {"address": self.suite, "digest": self.suite_digest},
            "dataset_sha256": self.dataset_sha256,
            "judges": dict(self.judges),
            "harness": self.harness,
            "provider": self.provider,
            "model_named": self.model_named,
            "model_answered": self.model_answered,
            "live": self.live,
            "cached": self.cached,
            "replayed": self.replayed,
            "started": self.started,
            "cases": [_plain_case(case) for case in self.cases],
        }


@dataclass(frozen=True, slots=True)
class Recorded:
    """An experiment with its name on the evidence branch, which is the hash of its bytes in hex.

    `signer` is the principal whose signature over its bytes is sound. Without one it is unverified: not
    signed, or `problem` says why its signature was not looked at.
    """

    sha256: str
    experiment: Experiment
    signer: str | None = None
    problem: str = ""


def parse(content: bytes, *, sha256: str) -> Experiment:
    """Return the experiment that a statement holds.

    Raise `IntegrityError` for bytes that do not hash to `sha256`, and for anything but exactly what
    `Experiment.to_bytes` writes.
    """
    return in_toto.read(content, sha256=sha256, word="experiment", make=experiment_of)


def is_same_model(named: str, answered: str) -> bool:
    """Say whether the model that answered is the one that was asked for, or the dated snapshot behind it."""
    undated = _DATED.sub("", answered)
    return answered == named or undated in {named, named.removesuffix("-latest")}


def _plain_case(case: CaseResult) -> dict[str, Any]:
    return {
        "id": case.id,
        "group": case.group,
        "must_pass": case.must_pass,
        "errored": case.errored,
        "scores": {metric: list(scores) for metric, scores in case.scores.items()},
    }


def experiment_of(parts: Parts) -> Experiment:
    """Return the experiment of a statement's parts; raise `ValueError` and the like where it is none."""
    if parts.predicate_type != EXPERIMENT:
        raise ValueError("it is another kind of statement")
    predicate = parts.predicate
    suite = predicate["suite"]
    judges = predicate["judges"].items()
    return Experiment(
        address=parts.address,
        digest=parts.digest,
        suite=in_toto.address(suite["address"], "eval_suite"),
        suite_digest=in_toto.digest(suite["digest"]),
        dataset_sha256=in_toto.hexadecimal(predicate["dataset_sha256"]),
        judges={in_toto.address(key, "prompt"): in_toto.digest(each) for key, each in judges},
        harness=text(predicate["harness"]),
        provider=text(predicate["provider"]),
        model_named=text(predicate["model_named"]),
        model_answered=text(predicate["model_answered"]),
        live=_count(predicate["live"]),
        cached=_count(predicate["cached"]),
        replayed=_count(predicate["replayed"]),
        started=in_toto.time(predicate["started"]),
        cases=tuple(_case(each) for each in predicate["cases"]),
    )


def _case(plain: Any) -> CaseResult:
    return CaseResult(
        id=text(plain["id"]),
        group=text(plain["group"]),
        must_pass=_flag(plain["must_pass"]),
        errored=_flag(plain["errored"]),
        scores={text(key): tuple(map(_score, each)) for key, each in plain["scores"].items()},
    )


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{str(value)[:80]!r} is no count")
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{str(value)[:80]!r} is neither true nor false")
    return value


def _score(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError(f"{str(value)[:80]!r} is no score from 0 to 1")
    return float(value)
