"""No branch `env` stands where the environments are."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.errors import PromptctlError
from promptctl.services.doctor.problem import Problem, Subject

NAME = "env"
_REF = "refs/heads/env"


def check(subject: Subject) -> Iterator[Problem]:
    """Ask the remote, or this repository where there is none. One that cannot be asked is another matter."""
    git, remote = subject.repository.git, subject.repository.refs.remote
    try:
        if remote:
            found = git.run("ls-remote", "--heads", "--end-of-options", remote, _REF)
        else:
            found = git.run("for-each-ref", "--format=%(objectname)\t%(refname)", _REF)
    except PromptctlError:
        return
    if any(line.endswith(b"\t" + _REF.encode()) for line in found.splitlines()):
        away = f"git push {remote} refs/remotes/{remote}/env:refs/heads/env-old :{_REF}"
        yield Problem(
            NAME,
            "error",
            f"{f'{remote} has' if remote else 'there is'} a branch named env",
            "git keeps no branch env/prod beside it: no environment can be made",
            away if remote else "git branch -m env env-old",
        )
