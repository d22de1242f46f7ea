"""Who wrote what a release would change."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from promptctl.core.lock import Pin
from promptctl.core.names import short_name
from promptctl.core.written import short
from promptctl.errors import RefusedError, StoppedError, UsageError
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
    this clone does not have the history, and where the release is not what its source commit makes: whoever
    may push a tag can put anything below it, under anybody's name.
    """
    commits, paths = [release.source_commit], set[str]()
    if serving is not None:
        kept = repository.objects.blob(f"{serving.tree}:{RELEASE}")
        about = parse_release_json(kept or b"")
        commits.append(about["source_commit"])
        paths.update(about["files"])
    _require(repository, pipeline, commits)
    paths.update(_sources(repository, pipeline, release))
    listed = repository.git.run(
        *("log", "-z", "--full-history", "--no-mailmap", "--format=%ae%n%B", "--end-of-options"),
        *("...".join(commits), "--", *sorted(paths)),
    )
    found = {each for entry in listed.split(b"\0") if entry for each in _people(entry)}
    return {each.decode("utf-8", "replace") for each in found}


def _people(entry: bytes) -> list[bytes]:
    author, _, message = entry.partition(b"\n")
    return [author, *_CO_AUTHOR.findall(message)]


def _sources(repository: Repository, pipeline: Pipeline, release: Release) -> Collection[str]:
    """Return the files of the reviewed commit that make exactly this release."""
    from promptctl.model.bundle import build
    from promptctl.services.release import read_source, refuse_unreachable

    branches = [f"refs/heads/{each}" for each in pipeline.release.branches]
    repository.refs.fetch(branches)
    refuse_unreachable(repository, release.source_commit, branches)
    try:
        built = build(
            read_source(repository, release.source_commit, [release.address]).registry, release.address
        )
    except (StoppedError, UsageError) as error:
        problem = error.message
    else:
        if built.digest == release.digest:
            return built.paths
        problem = f"its files make {short(built.digest)}"
    raise RefusedError(
        f"{release.address} {release.version} is not what {short(release.source_commit)} makes: {problem}",
        hint=f"promptctl release {short_name(release.address)} makes one of what was merged",
    )


def _require(repository: Repository, pipeline: Pipeline, commits: Iterable[str]) -> None:
    if repository.layout.is_shallow:
        raise RefusedError(
            "this clone is shallow: who wrote the change cannot be told", hint="git fetch --unshallow"
        )
    if not all(_is_here(repository, each) for each in commits):
        repository.refs.fetch([f"refs/heads/{each}" for each in pipeline.release.branches])
    for each in commits:
        if not _is_here(repository, each):
            raise RefusedError(
                f"the commit {each} is not here: who wrote the change cannot be told",
                hint="git fetch --all",
            )


def _is_here(repository: Repository, commit: str) -> bool:
    """Whether it is the id of a commit, and not another name for one, that this clone has."""
    stored = repository.objects.read(commit)
    return stored is not None and (stored.type, stored.oid) == ("commit", commit)
