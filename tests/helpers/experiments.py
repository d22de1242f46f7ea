"""A recorded experiment, of which a test says only what it is about."""

from __future__ import annotations

from typing import Any

from promptctl.model.evidence import CaseResult, Experiment


def experiment(address: str, digest: str, **said: Any) -> Experiment:
    """Return one live answer to one case that passed, with what is said otherwise."""
    plain = {
        "suite": f"evals/{address.partition('/')[2]}",
        "suite_digest": "sha256:" + "b" * 64,
        "dataset_sha256": "c" * 64,
        "provider": "local",
        "model_named": "m",
        "model_answered": "m",
        "live": 1,
        "cached": 0,
        "replayed": 0,
        "started": "2026-11-22T10:00:00Z",
        "cases": (CaseResult("c1", scores={"pass": (1.0,)}),),
    }
    return Experiment(address=address, digest=digest, **plain | said)
