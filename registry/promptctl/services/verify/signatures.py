"""Who signed locks: `lock.json.sig`, over exactly the bytes of `lock.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.core.environment import LOCK_SIGNATURE
from promptctl.core.written import short
from promptctl.model.pipeline import Pipeline
from promptctl.services.adoption import way_out
from promptctl.services.verify.basis import Basis
from promptctl.services.verify.steps import Step
from promptctl.services.verify.violation import Violation
from promptctl.store import environments

_FREE = ("rollback", "hold", "unhold")  # of every allowed signer: stopping must not wait for a promoter


def check_locks(
    basis: Basis, environment: str, steps: Sequence[Step], policies: Sequence[Pipeline | None]
) -> Iterator[Violation]:
    """Whether every lock is signed that has to be, and every signature sound.

    Where the policy in force lists promoters, one of them must have signed; below the head any allowed
    signer may have rolled back, held or let go. Elsewhere whoever signed must be an allowed signer, and be
    who the record says made it. A registry without signers has no signatures that mean anything.
    """
    later = _promoters(basis.pipeline(basis.head)) if basis.head else ()
    for step, pipeline in zip(steps, policies, strict=True):
        promoters = _promoters(pipeline)
        is_promotion = step.promotion is not None and step.promotion.action == "promote"
        if step.lock is not None and (promoters or basis.signers.allowed):
            # Whatever is no promotion keeps the policy of the last one, and people were listed since: the
            # next promotion says whom.
            listed = promoters if is_promotion or not promoters else (*promoters, *later)
            yield from _check_lock(basis, environment, step, listed, is_head=step is steps[0])
        if is_promotion:
            later = promoters


def _promoters(pipeline: Pipeline | str | None) -> Sequence[str]:
    return pipeline.promoters if isinstance(pipeline, Pipeline) else ()


def _check_lock(
    basis: Basis, environment: str, step: Step, promoters: Sequence[str], *, is_head: bool
) -> Iterator[Violation]:
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
    is_free = step.promotion is not None and step.promotion.action in _FREE
    if verified.principal is None:
        yield Violation(where, "signature", f"{LOCK_SIGNATURE} of {at}: {verified.problem}")
    elif promoters and verified.principal not in promoters and (is_head or not is_free):
        words = f"lock.json of {at} is signed by {verified.principal}, who is none of the promoters"
        if is_free and step.lock is not None:
            command = way_out(environment, step.lock.sequence)
            words += f": runtimes that check signatures do not adopt it; let one of them run {command}"
        yield Violation(where, "signature", words)
    elif step.promotion is not None and step.promotion.by != verified.principal:
        words = f"{at} says that {step.promotion.by} made it, and {verified.principal} signed it"
        yield Violation(where, "signature", words)
