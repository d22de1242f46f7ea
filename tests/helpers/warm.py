"""`promptctl` in many real processes, forked off from one that has read the code: a start costs little.

Every process stands in a session of its own, has its own environment and directory, and writes to files.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from helpers.repositories import Clone
from helpers.shop import Done

MARK = "PROMPTCTL_TEST_MARK"
"""Every process that a command starts has this variable from it: so all of them are found."""
LOOKS = 3
"""So many times nothing must be seen of a killed command."""

_MODULES = ("cli.promote", "cli.rollback", "cli.release", "services.promote", "services.rollback")
_MODULES += ("services.release", "services.pipeline", "services.verify", "store.repository")


@dataclass(frozen=True)
class Running:
    """A command that was started."""

    pid: int
    mark: str
    out: Path
    warm: Warm

    def done(self) -> Done:
        """Wait for its end; a code below zero is the signal that killed it."""
        code = self.warm.ask({"wait": self.pid})
        self.warm.running.pop(self.pid)
        parts = [path.read_text("utf-8", "replace") for path in (self.out, self.out.with_suffix(".err"))]
        return Done(code, *parts)

    def kill(self) -> None:
        """Kill it and everything it started, as the death of the machine would."""
        wanted = f"{MARK}={self.mark}".encode()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        looks = 0
        while looks < LOOKS:  # a process that is just being made of another program shows no environment
            pids = [pid for pid in _pids() if wanted in _environment(pid)]
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            looks = 0 if pids else looks + 1
            time.sleep(0 if pids else 0.02)


class Warm:
    """The process that others are forked off from."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self._folder = folder
        self._process = process
        self.running: dict[int, Running] = {}

    def start(
        self, clone: Clone, *words: str, environ: Mapping[str, str] | None = None, timeout_s: float = 0
    ) -> Running:
        """Start a command in a clone; with `timeout_s` git has so long instead of one or two minutes."""
        mark = uuid.uuid4().hex
        out = self._folder / f"{mark}.out"
        whole = {**clone.environ, **(environ or {}), MARK: mark}
        plain = {"words": words, "cwd": str(clone.path), "environ": whole, "out": str(out)}
        started = Running(self.ask({**plain, "timeout_s": timeout_s}), mark, out, self)
        self.running[started.pid] = started
        return started

    def run(self, clone: Clone, *words: str, **options: Any) -> Done:
        """Run a command to its end."""
        return self.start(clone, *words, **options).done()

    def ask(self, request: Mapping[str, Any]) -> int:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(json.dumps(request).encode() + b"\n")
        requests.flush()
        return int(answers.readline())


@contextmanager
def warm(folder: Path) -> Iterator[Warm]:
    """Start the process that others are forked off from; `folder` takes what they print."""
    folder.mkdir(exist_ok=True)
    source = [str(Path(__file__).parents[1]), *sys.path]
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.warm"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, source))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        made = Warm(folder, process)
        try:
            yield made
        finally:
            for each in made.running.values():  # of a test that failed: nobody waits for them
                each.kill()


def _pids() -> Iterator[int]:
    return (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


# --- inside of the warm process ---------------------------------------------------------------------------


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    for line in requests:
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork() or _become(request)
        answers.write(b"%d\n" % answer)
        answers.flush()


def _become(request: Mapping[str, Any]) -> int:
    """Be the command that was asked for; never return."""
    os.setsid()
    out = Path(request["out"])
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
    streams = (os.devnull, os.O_RDONLY), (out, flags), (out.with_suffix(".err"), flags)
    for number, (path, how) in enumerate(streams):
        os.dup2(os.open(path, how), number)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    from promptctl import gitcmd, sshsig
    from promptctl.cli.main import run

    if request["timeout_s"]:
        gitcmd.LOCAL_TIMEOUT_S = gitcmd.NETWORK_TIMEOUT_S = request["timeout_s"]
        sshsig.SIGN_TIMEOUT_S = sshsig.VERIFY_TIMEOUT_S = request["timeout_s"]
    code = run(request["words"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Load what every command needs, then fork."""
    from importlib import import_module

    for module in _MODULES:
        import_module(f"promptctl.{module}")
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _serve(requests, answers)


if __name__ == "__main__":
    main()
