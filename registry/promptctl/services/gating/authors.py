"""Who wrote what a release would change."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from promptctl.core.lock import Pin
from promptctl.errors import RefusedError
from promptctl.model.pipeline import Pipeline
from promptctl.model.release import Release, parse_release_json
from promptctl.store.releases import RELEASE
from promptctl.store.repository import Repository

# Wherever it stands in a message, more often than git sees a trailer there: it only ever excludes.
_CO_AUTHOR = re.compile(rb"^[ \t]*co-authored-by:.*<([^<>\n]+)>", re.IGNORECASE | re.MULTILINE)


def authors(
    repository: Repository, pipeline: Pipeline, release: Release, serving: Pin | None
) -> Collection[str]:
    """Return the e-mails of all authors and co-authors of commits between what serves and a release that
    touch a file of either.

    In both directions: a downgrade takes back what the newer one's authors wrote. Raise `RefusedError` where
    this clone does not have the history.
    """
    trees = [release.tree, *([serving.tree] if serving else [])]
    about = [parse_release_json(repository.objects.blob(f"{tree}:{RELEASE}") or b"") for tree in trees]
    paths = sorted(set().union(*(each["files"] for each in about)))
    commits = [release.source_commit, *(each["source_commit"] for each in about[1:])]
    _require(repository, pipeline, commits)
    listed = repository.git.run(
        *("log", "-z", "--full-history", "--no-mailmap", "--format=%ae%n%B", "--end-of-options"),
        *("...".join(commits), "--", *paths),
    )
    found = {each for entry in listed.split(b"\0") if entry for each in _people(entry)}
    return {each.decode("utf-8", "replace") for each in found}


def _people(entry: bytes) -> list[bytes]:
    author, _, message = entry.partition(b"\n")
    return [author, *_CO_AUTHOR.findall(message)]


def _require(repository: Repository, pipeline: Pipeline, commits: Iterable[str]) -> None:
    if repository.layout.is_shallow:
        raise RefusedError(
            "this clone is shallow: who wrote the change cannot be told", hint="git fetch --unshallow"
        )
    if any(repository.objects.read(each) is None for each in commits):
        repository.refs.fetch([f"refs/heads/{each}" for each in pipeline.release.branches])
    for each in commits:
        if repository.objects.read(each) is None:
            raise RefusedError(
                f"the commit {each} is not here: who wrote the change cannot be told",
                hint="git fetch --all",
            )
