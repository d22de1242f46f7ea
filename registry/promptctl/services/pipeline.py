"""The pipeline that decides: `promptctl.yaml` of the default branch, never of a work tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from promptctl.core.kinds import build
from promptctl.core.signers import ALLOWED, REVOKED
from promptctl.errors import RefusedError
from promptctl.model.findings import refusal
from promptctl.model.pipeline import Pipeline
from promptctl.store import environments
from promptctl.store.environments import Policy
from promptctl.store.objects import REGULAR
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository

PIPELINE = "promptctl.yaml"


def default_head(repository: Repository) -> str:
    """Return the commit of the default branch as last fetched; raise `RefusedError` where there is none."""
    head = repository.refs.read(HEAD)
    if head is None:
        raise RefusedError(
            "the default branch has no commit yet",
            hint="commit the registry and push it: git push -u origin HEAD",
        )
    return head


def read_policy(repository: Repository, heads: Iterable[str | None] = ()) -> tuple[Pipeline, Policy]:
    """Return the pipeline of the default branch.

    `heads` are commits of environments: where one keeps the same file parsed, no YAML is read. That is for
    showing only; what decides gives none, for whoever may write one environment could loosen all others.
    Raise `StoppedError` where the file has findings, `RefusedError` where there is none.
    """
    head = default_head(repository)
    stored = repository.objects.read(f"{head}:{PIPELINE}")
    if stored is None or stored.type != "blob":
        raise RefusedError(f"the default branch has no {PIPELINE}", hint="promptctl init writes one")
    for each in filter(None, heads):
        kept = environments.read_pipeline(repository.objects, each)
        if kept is not None and kept[0] == stored.oid:
            return build(Pipeline, kept[1]), Policy(stored.data, stored.oid, kept[1])
    pipeline = parse(stored.data)
    signers, revoked = (repository.objects.blob(f"{head}:{path}") for path in (ALLOWED, REVOKED))
    return pipeline, Policy(stored.data, stored.oid, asdict(pipeline), signers, revoked)


def parse(source: bytes) -> Pipeline:
    """Return the pipeline that a `promptctl.yaml` says; raise `StoppedError` with its first finding."""
    from promptctl.store.files import SourceFile
    from promptctl.store.registry import read

    registry = read([SourceFile(PIPELINE, source, REGULAR, len(source))])
    errors = [each for each in registry.findings if each.path == PIPELINE and each.severity == "error"]
    if errors:
        raise refusal(errors, prefix="on the default branch: ")
    return registry.pipeline
