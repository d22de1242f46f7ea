"""Who signed locks: `lock.json.sig`, over exactly the bytes of `lock.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.core.environment import LOCK_SIGNATURE
from promptctl.core.written import short
from promptctl.model.pipeline import Pipeline
from promptctl.services.verify.basis import Basis
from promptctl.services.verify.steps import Step
from promptctl.services.verify.violation import Violation
from promptctl.store import environments


def check_locks(
    basis: Basis, environment: str, steps: Sequence[Step], policies: Sequence[Pipeline | None]
) -> Iterator[Violation]:
    """Whether every lock is signed that has to be, and every signature sound.

    Where the policy in force lists promoters, one of them must have signed; elsewhere whoever signed must be
    an allowed signer, and be who the record says made it. A registry without signers has no signatures that
    mean anything.
    """
    for step, pipeline in zip(steps, policies, strict=True):
        promoters = pipeline.promoters if pipeline else ()
        if step.lock is not None and (promoters or basis.signers.allowed):
            yield from _check_lock(basis, environment, step, promoters)


def _check_lock(basis: Basis, environment: str, step: Step, promoters: Sequence[str]) -> Iterator[Violation]:
    where, at = f"env/{environment}", short(step.commit)
    objects = basis.repository.objects
    signature = objects.blob(f"{step.commit}:{LOCK_SIGNATURE}")
    if not signature and not promoters:
        return
    if not signature:
        yield Violation(where, "unsigned", f"lock.json of {at} is not signed, and promoters are declared")
        return
    if step.at is None:
        return  # a commit without a time is named already
    content = environments.lock_bytes(objects, environment, step.commit)
    verified = basis.signers.verify(content, signature, at=step.at, now=basis.now)
    if verified.principal is None:
        yield Violation(where, "signature", f"{LOCK_SIGNATURE} of {at}: {verified.problem}")
    elif promoters and verified.principal not in promoters:
        words = f"lock.json of {at} is signed by {verified.principal}, who is none of the promoters"
        yield Violation(where, "signature", words)
    elif step.promotion is not None and step.promotion.by != verified.principal:
        words = f"{at} says that {step.promotion.by} made it, and {verified.principal} signed it"
        yield Violation(where, "signature", words)
