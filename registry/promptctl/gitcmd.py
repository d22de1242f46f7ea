"""The one hardened way to run git, shared by the store and the SDK.

Nothing a repository's author writes decides what runs here: no hooks, file-system monitors, signature
programs, submodules, external transports or prompts. What the user configured for himself (credentials,
proxies, ssh, `insteadOf` of the global file) keeps working.

A repository's own `.git/config` cannot be neutralised key by key: it can name a transport for a missing
object, a command for an URL not yet known, a filter for a path. So whoever works on a repository that others
made sets `git_dir` to a directory whose configuration we wrote (`promptctl.store.repository` makes one), and
whoever owns the repository outright, as the SDK's cache does, may use it directly.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from promptctl.errors import RefusedError, Unavailable

OLDEST = (2, 30)
LOCAL_TIMEOUT_S = 60.0
NETWORK_TIMEOUT_S = 120.0

_NETWORK = frozenset({"fetch", "push", "ls-remote", "clone"})

# Every key here either runs a program or widens what a command touches; the value takes that away.
_CONFIGURATION = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.alternateRefsCommand": ":",
    "core.fsyncMethod": "batch",  # one flush for all objects of a commit, not one for each
    "core.quotePath": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "gpg.program": os.devnull,
    "gpg.openpgp.program": os.devnull,
    "gpg.x509.program": os.devnull,
    "gpg.ssh.program": os.devnull,
    "gpg.ssh.defaultKeyCommand": "",
    "log.showSignature": "false",
    "push.gpgSign": "false",
    "push.followTags": "false",
    "push.recurseSubmodules": "no",
    "fetch.recurseSubmodules": "false",
    "fetch.prune": "false",
    "fetch.pruneTags": "false",
    "fetch.writeCommitGraph": "false",
    "fetch.output": "full",
    "submodule.recurse": "false",
    "protocol.ext.allow": "never",
    "advice.objectNameWarning": "false",
}
_OPTIONS = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    *(word for key, value in _CONFIGURATION.items() for word in ("-c", f"{key}={value}")),
)

# Of the caller's GIT_* variables only those that say who he is and how to reach a host; any other could
# point git at another repository, index, object store, configuration or program.
_KEPT = re.compile(
    r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM|SSL_\w+|HTTP_\w+"
    r"|CEILING_DIRECTORIES|EXEC_PATH|(AUTHOR|COMMITTER)_(NAME|EMAIL))"
)
_FIXED = {
    "GIT_ALLOW_PROTOCOL": "file:https:http:ssh",
    "GIT_ASKPASS": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "LC_ALL": "C.UTF-8",
}
_DROPPED = frozenset({"LANGUAGE", "DISPLAY"})

# What only failures need is compiled when one happens.
_UNREACHABLE = (
    r"could not resolve|could not read from remote|unable to access|unable to connect"
    r"|connection (refused|reset|closed)|timed out|does not appear to be a git repository"
    r"|repository .* not found|authentication failed|permission denied \(|terminal prompts disabled"
    r"|could not read (username|password)"
    r"|host key verification failed|hung up unexpectedly|early eof|rpc failed|unexpected disconnect"
    r"|the requested url returned error|no route to host|network is unreachable|invalid index-pack output"
    r"|expected (flush|response end packet)|bytes of (body|length header)"
)
_MISSING_PROGRAM = (
    r"cannot run (?P<program>\S+): No such file|git: '(?P<helper>remote-\w+)' is not a git command"
)
_ESCAPE = r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\^_]?)"
_INVISIBLE = r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
_CREDENTIALS = r"(?<=://)[^/\s]+@"
_CLEAN_LENGTH = 2_000


class _Process(subprocess.Popen[bytes]):
    """A process whose end wakes who waits for it: the standard library sleeps a millisecond, then looks."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, as the standard library does."""
        if timeout is None or self.returncode is not None or not hasattr(os, "pidfd_open"):
            return super().wait(timeout)
        try:
            ended = os.pidfd_open(self.pid)
        except OSError:  # a kernel that has no such thing
            return super().wait(timeout)
        try:
            poll = select.poll()
            poll.register(ended, select.POLLIN)
            poll.poll(max(timeout, 0.0) * 1_000)
        finally:
            os.close(ended)
        if self.poll() is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return super().wait()


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished git process left behind."""

    returncode: int
    stdout: bytes
    stderr: bytes

    @property
    def words(self) -> str:
        """What git and the server said, safe to print."""
        return cleaned(self.stderr)


def cleaned(words: bytes) -> str:
    """Return foreign text without escape sequences, control characters, credentials and blank lines."""
    text = re.sub(_ESCAPE, "", words.decode("utf-8", "replace").replace("\r", "\n"))
    text = re.sub(_CREDENTIALS, "", re.sub(_INVISIBLE, "", text))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())[:_CLEAN_LENGTH]


def is_unreachable(words: str) -> bool:
    """Say whether git's words mean that the remote could not be reached or would not talk to us."""
    return re.search(_UNREACHABLE, words, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in `directory`, hardened, in an environment made from `environ` (usually `os.environ`).

    With `git_dir` git uses that repository and searches for none. Processes have no terminal and stand in a
    session of their own: nothing can prompt, and a timeout ends the transports with the command.
    """

    directory: Path | str
    environ: Mapping[str, str] = field(repr=False, kw_only=True)
    git_dir: Path | str | None = field(default=None, kw_only=True)

    def run(
        self, *args: str, stdin: bytes | None = None, timeout_s: float | None = None, check: bool = True
    ) -> bytes:
        """Return what git printed.

        Raises `Unavailable` where git is missing or too old, the remote cannot be reached or the time is
        over, `RefusedError` where git fails otherwise. With `check=False` a failure is not looked at.
        """
        result = self.call(*args, stdin=stdin, timeout_s=timeout_s)
        if check and result.returncode:
            raise self.failure(args[0], result)
        return result.stdout

    def call(self, *args: str, stdin: bytes | None = None, timeout_s: float | None = None) -> Result:
        """Return the finished process, whatever its exit code.

        Raises `Unavailable` where git is missing or too old, or after `timeout_s` seconds (default 60, and
        120 for commands that talk to a remote).
        """
        limit_s = timeout_s or (NETWORK_TIMEOUT_S if args[0] in _NETWORK else LOCAL_TIMEOUT_S)
        process = self.start(*args)
        try:
            stdout, stderr = process.communicate(stdin, timeout=limit_s)
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"git {args[0]} did not finish within {limit_s:g} s",
                hint="is the remote reachable? try again",
            ) from None
        finally:
            end(process)
        result = Result(process.returncode, stdout, stderr)
        if result.returncode == 129:  # git's code for words it does not know
            self.require_version()
        return result

    def start(self, *args: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """Start git with pipes for its streams; end it with `end`. Raises `Unavailable`."""
        try:
            return _Process(
                ["git", *_OPTIONS, *args],
                cwd=self.directory,
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        except FileNotFoundError:
            if not Path(self.directory).is_dir():
                raise Unavailable(f"{self.directory} is not a directory") from None
            raise Unavailable("git is not installed", hint=_install_hint()) from None

    def failure(self, command: str, result: Result) -> Unavailable | RefusedError:
        """Return the exception that a failed process means."""
        words = result.words or f"git {command} ended with code {result.returncode} and said nothing"
        missing = re.search(_MISSING_PROGRAM, words) if command in _NETWORK else None
        if missing:
            program = missing["program"] or f"git's {missing['helper']}"
            return Unavailable(
                f"{program}, which leads to the remote, cannot be run: {words}",
                hint=f"install {program}, or give the remote another address: git remote set-url",
            )
        if command in _NETWORK and is_unreachable(words):
            return Unavailable(
                f"the remote cannot be reached: {words}", hint="check the address and your access"
            )
        return RefusedError(
            f"git {command} refused: {words}", hint="git fsck says whether this repository is damaged"
        )

    def version(self) -> tuple[int, ...]:
        """Return git's version as numbers."""
        found = re.search(rb"(\d+)\.(\d+)(?:\.(\d+))?", self.call("version").stdout)
        return tuple(int(part) for part in found.groups() if part) if found else (0,)

    def require_version(self) -> None:
        """Raise `Unavailable` where git is older than 2.30."""
        version = self.version()
        if version[:2] < OLDEST:
            raise Unavailable(f"git {'.'.join(map(str, version))} is too old", hint=_install_hint())

    def environment(self) -> dict[str, str]:
        """Return the environment that git runs in here."""
        kept = {
            key: value
            for key, value in self.environ.items()
            if key not in _DROPPED and (not key.startswith("GIT_") or _KEPT.fullmatch(key))
        }
        return kept | _FIXED | ({"GIT_DIR": str(self.git_dir)} if self.git_dir else {})


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process started here, with every transport it started, and close its pipes."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def _install_hint() -> str:
    return f"install git {'.'.join(map(str, OLDEST))} or newer"
