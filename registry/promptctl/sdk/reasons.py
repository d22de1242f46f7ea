"""Why something failed, in words for people. Loaded only once something has."""

from __future__ import annotations

import re
from pathlib import Path

from promptctl.core.names import ENVIRONMENTS, environment_ref
from promptctl.core.suggest import nearest
from promptctl.errors import PromptctlError
from promptctl.gitcmd import Git, cleaned, is_unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_SAYS_NOTHING = re.compile(
    r"(fatal: )?could not read from remote repository|please make sure you have the correct access"
    r"|and the repository exists|warning: ",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"^(fatal|error|remote): ")
_USER = re.compile(r"(?<=://)[^/\s]*@")


def one_line(message: str) -> str:
    """Return a message that quotes git as one line, without the lines that say nothing."""
    about, colon, words = message.partition(": ")
    lines = words.splitlines()
    telling = [line for line in lines if not _SAYS_NOTHING.match(line)] or lines[:1]
    return about + colon + "; ".join(_SPEAKER.sub("", line).rstrip(".") for line in telling)


def printable(url: str) -> str:
    """Return a URL or path without credentials."""
    return _USER.sub("", cleaned(url.encode(errors="replace")))


def missing_environment(
    failure: str, url: str, environment: str, environ: Mapping[str, str], timeout_s: float
) -> str:
    """Return what helps where a start failed as the source has no such environment; empty otherwise.

    It names the remote of a clone, or the environments that exist. One request, within `timeout_s` seconds,
    and none where the failure was that the source cannot be reached.
    """
    if timeout_s <= 0 or is_unreachable(failure):
        return ""
    anchor = Path.cwd().anchor
    # Naming a repository, which need not exist, keeps git from looking for somebody else's.
    git = Git(anchor, git_dir=Path(anchor, "nowhere"), environ=environ)
    try:
        words = ("ls-remote", "--heads", "--end-of-options", url, f"{ENVIRONMENTS}*")
        listed = git.run(*words, timeout_s=timeout_s).decode(errors="replace")
    except PromptctlError:
        return ""
    found = [name for line in listed.splitlines() if (name := _environment(line.partition("\t")[2]))]
    if environment in found:
        return ""
    remote = _remote_of(url, environ)
    if remote:
        return (
            f"{url} is a clone, and environments live in its remote: connect to {printable(remote)}; "
            "environment='worktree' reads the files that are edited here"
        )
    return _others(environment, found)


def _environment(ref: str) -> str:
    """Return the environment of a branch; empty where no environment can have its name."""
    name = ref.removeprefix(ENVIRONMENTS)
    try:
        return name if environment_ref(name) == ref else ""
    except PromptctlError:
        return ""


def _others(environment: str, found: list[str]) -> str:
    if not found:
        return f"it has no environment yet: promptctl promote NAME --to {environment}"
    close = nearest(environment, found)
    return f"{f'did you mean {close}? ' if close else ''}it has {', '.join(found)}"


def _remote_of(url: str, environ: Mapping[str, str]) -> str:
    """Return the URL of the remote of the clone at a path, `origin` if there are several; else nothing."""
    if not Path(url).is_dir():
        return ""
    # It reads a file and runs nothing that the file names.
    words = ("config", "--local", "--get-regexp", r"^remote\..*\.url$")
    listed = Git(url, environ=environ).run(*words, check=False).decode(errors="replace")
    remotes = dict(line.split(" ", 1) for line in listed.splitlines() if " " in line)
    return remotes.get("remote.origin.url") or next(iter(remotes.values()), "")
