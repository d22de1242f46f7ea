"""Branches beyond their head: the history that a shallow clone lacks, and what a remote went back to."""

from __future__ import annotations

from promptctl.store.repository import Repository

_ALL_COMMITS = 1_000_000
"""Git's own word for all of them would fetch the history of every branch."""


def deepen(repository: Repository, ref: str) -> None:
    """Bring the whole history of one shared branch here; do nothing where the clone is not shallow.

    Raises as `fetch` of the shared refs does where the remote cannot be reached.
    """
    if repository.layout.is_shallow and repository.refs.remote:
        _fetch(repository, f"--depth={_ALL_COMMITS}", f"{ref}:{repository.refs.where(ref)}")


def read_remote(repository: Repository, ref: str) -> str | None:
    """Bring the head that a shared branch has now here, and return it; the copy of the branch stays as it is.

    So what a remote went back to can be looked at. None where there is no such branch.
    """
    remote = repository.refs.remote
    if not remote:
        return repository.refs.read(ref)
    lines = repository.git.run("ls-remote", "--heads", "--end-of-options", remote, ref).decode().splitlines()
    heads = [oid for oid, _, name in (line.partition("\t") for line in lines) if name == ref]
    if heads:
        _fetch(repository, "--quiet", ref)
    return heads[0] if heads else None


def heads_seen(repository: Repository, ref: str) -> list[str]:
    """Return every commit that this clone saw a shared branch at: its copy, and git's log of that."""
    copy = repository.refs.where(ref)
    logged = repository.git.call("rev-list", "--walk-reflogs", "--end-of-options", copy)
    here = repository.git.call("rev-parse", "--verify", "--quiet", "--end-of-options", copy)
    return list(dict.fromkeys((here.stdout + logged.stdout).decode().split()))


def _fetch(repository: Repository, option: str, refspec: str) -> None:
    options = ("--no-tags", "--refmap=", "--no-write-fetch-head", option, "--end-of-options")
    repository.git.run("fetch", *options, repository.refs.remote, refspec)
