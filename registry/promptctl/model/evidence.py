"""Experiments as evidence: one run of a suite, bound to a digest, as an in-toto Statement v1.

A statement's bytes are RFC 8785 and its name is their hash, so nobody can change one after it was made.
Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import rfc8785

from promptctl.core.limits import LOAD
from promptctl.core.names import split_address
from promptctl.core.written import short
from promptctl.errors import IntegrityError, UsageError

STATEMENT = "https://in-toto.io/Statement/v1"
EXPERIMENT = "https://promptctl.dev/experiment/v1"
HARNESS = "1"
"""Grows when equal answers can score otherwise than before; two harnesses are never compared."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
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
        return rfc8785.dumps(
            {
                "_type": STATEMENT,
                "subject": [{"name": self.address, "digest": {"sha256": self.digest.partition(":")[2]}}],
                "predicateType": EXPERIMENT,
                "predicate": self._predicate(),
            }
        )

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
    """An experiment with its name on the evidence branch, which is the hash of its bytes in hex."""

    sha256: str
    experiment: Experiment


def name_of(content: bytes) -> str:
    """Return the name of a statement: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def parse(content: bytes, *, sha256: str) -> Experiment:
    """Return the experiment that a statement holds.

    Raise `IntegrityError` for bytes that do not hash to `sha256`, and for anything but exactly what
    `Experiment.to_bytes` writes: what is read here decides promotions, and anybody may have pushed it.
    """
    if len(content) > LOAD.bundle_size_bytes:
        raise _refusal(sha256, f"it has {len(content)} bytes: at most {LOAD.bundle_size_bytes} are read")
    if name_of(content) != sha256:
        raise _refusal(sha256, f"its bytes hash to {name_of(content)}")
    try:
        experiment = _experiment(json.loads(content))
        if experiment.to_bytes() != content:
            raise ValueError("it is not in canonical form, or has unknown keys")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise _refusal(sha256, reason) from error
    return experiment


def is_same_model(named: str, answered: str) -> bool:
    """Say whether the model that answered is the one that was asked for, or the dated snapshot behind it."""
    undated = _DATED.sub("", answered)
    return answered == named or undated in {named, named.removesuffix("-latest")}


def _refusal(sha256: str, reason: str) -> IntegrityError:
    return IntegrityError(f"the statement {short(sha256)} is no sound experiment: {reason}")


def _plain_case(case: CaseResult) -> dict[str, Any]:
    return {
        "id": case.id,
        "group": case.group,
        "must_pass": case.must_pass,
        "errored": case.errored,
        "scores": {metric: list(scores) for metric, scores in case.scores.items()},
    }


def _experiment(statement: Any) -> Experiment:
    if statement["_type"] != STATEMENT or statement["predicateType"] != EXPERIMENT:
        raise ValueError("it is another kind of statement")
    (subject,) = statement["subject"]
    predicate = statement["predicate"]
    suite = predicate["suite"]
    return Experiment(
        address=_address(subject["name"], "prompt"),
        digest=_text("sha256:" + subject["digest"]["sha256"], _DIGEST),
        suite=_address(suite["address"], "eval_suite"),
        suite_digest=_text(suite["digest"], _DIGEST),
        dataset_sha256=_text(predicate["dataset_sha256"], _HEX),
        judges={_address(key, "prompt"): _text(each, _DIGEST) for key, each in predicate["judges"].items()},
        harness=_text(predicate["harness"]),
        provider=_text(predicate["provider"]),
        model_named=_text(predicate["model_named"]),
        model_answered=_text(predicate["model_answered"]),
        live=_count(predicate["live"]),
        cached=_count(predicate["cached"]),
        replayed=_count(predicate["replayed"]),
        started=_text(predicate["started"], _TIME),
        cases=tuple(_case(each) for each in predicate["cases"]),
    )


def _case(plain: Any) -> CaseResult:
    return CaseResult(
        id=_text(plain["id"]),
        group=_text(plain["group"]),
        must_pass=_flag(plain["must_pass"]),
        errored=_flag(plain["errored"]),
        scores={_text(key): tuple(map(_score, each)) for key, each in plain["scores"].items()},
    )


def _address(value: Any, kind: str) -> str:
    if split_address(_text(value))[0] != kind:
        raise ValueError(f"{value!r} is no {kind}")
    return str(value)


def _text(value: Any, pattern: re.Pattern[str] | None = None) -> str:
    if type(value) is not str or (pattern is not None and pattern.fullmatch(value) is None):
        raise ValueError(f"{str(value)[:80]!r} stands where it cannot")
    return value


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
