"""What a promotion asks its gates: where to, by which policy, and for each release what is known about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from promptctl.core.bundle import Bundle
from promptctl.core.lock import Pin
from promptctl.gates.result import Candidate
from promptctl.model.pipeline import Environment, Pipeline
from promptctl.model.release import Release
from promptctl.model.statements import Approval
from promptctl.services.environment_change import Actor
from promptctl.services.gating.authors import authors
from promptctl.store import evidence
from promptctl.store.environments import EnvironmentState
from promptctl.store.evidence import Found, Signed
from promptctl.store.repository import Repository
from promptctl.store.signers import Signers

if TYPE_CHECKING:  # only some gates read suites
    from promptctl.model.registry import Registry


@dataclass(frozen=True)
class Setting:
    """What all releases of one promotion share. `signers` and `pipeline` are those of the default branch."""

    repository: Repository
    pipeline: Pipeline
    signers: Signers
    target: Environment
    state: EnvironmentState
    before: EnvironmentState | None
    actor: Actor
    _found: dict[tuple[str, str], Found] = field(default_factory=dict)

    @cached_property
    def suites(self) -> Registry:
        """The suites of the default branch, read once for all releases."""
        from promptctl.services.gating.suites import default_suites

        return default_suites(self.repository)

    def evidence(self, address: str, digest: str) -> Found:
        """Return what is recorded about a digest, as last fetched."""
        key = (address, digest)
        if key not in self._found:
            self._found[key] = evidence.find(
                self.repository, address, digest, self.signers, now=self.actor.now
            )
        return self._found[key]

    def authors(self, question: Question) -> Collection[str]:
        """Return the e-mails of who wrote the change; raise `RefusedError` where it cannot be told."""
        return authors(self.repository, self.pipeline, question.release, question.pin)


@dataclass(frozen=True, slots=True)
class Question:
    """One release: `pin` and `serving` are what serves in its place now, None where nothing does.

    `approvals` are those for this digest and this environment, signed and not revoked.
    """

    release: Release
    candidate: Candidate
    bundle: Bundle
    pin: Pin | None
    serving: Bundle | None
    approvals: tuple[Signed[Approval], ...]


def candidate_of(bundle: Bundle, *, version: str, environment: str) -> Candidate:
    """Return what gates are asked about: a bundle under its version."""
    model = bundle.body.get("model", {})
    return Candidate(
        bundle.root,
        version,
        bundle.digest,
        environment,
        model_provider=model.get("provider", ""),
        model_id=model.get("id", ""),
    )
