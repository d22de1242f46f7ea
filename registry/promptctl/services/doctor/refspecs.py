"""Plain `git fetch` brings environments and release tags: for who reads them with git."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial

from promptctl.services.doctor.problem import Problem, Repair, Subject
from promptctl.store import own_configuration
from promptctl.store.repository import Repository

NAME = "refspecs"


def check(subject: Subject) -> Iterator[Problem]:
    """Compare what the remote is configured to bring with one ref of each sort."""
    repository = subject.repository
    remote = repository.refs.remote
    configured = repository.configuration.own.get(f"remote.{remote}.fetch", ())
    sources = [each.removeprefix("+").partition(":")[0] for each in configured if not each.startswith("^")]
    wanted = {
        "environments": ("refs/heads/env/x", f"+refs/heads/env/*:refs/remotes/{remote}/env/*"),
        "release tags": ("refs/tags/prompts/x/v1.0.0", "refs/tags/prompts/*:refs/tags/prompts/*"),
    }
    for what, (ref, refspec) in wanted.items():
        if remote and not any(fnmatchcase(ref, source) for source in sources):
            yield _problem(repository, what, refspec)


def _problem(repository: Repository, what: str, refspec: str) -> Problem:
    key = f"remote.{repository.refs.remote}.fetch"
    command = f"git config --add {key} '{refspec}'"
    return Problem(
        NAME,
        "advice",
        f"plain git fetch does not bring {what}",
        "promptctl fetches what it needs; git log and git diff see them only once you ask for them",
        command,
        Repair(f"run {command}", partial(own_configuration.add, repository, key, refspec)),
    )
