"""A `git` (and `ssh-keygen`) first on PATH that fails on purpose: the fault tests need no seam in the code.

It counts each program's commands by name. The plan says what happens at which of them: `push 1 crash-after`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS = {
    "ENOSPC": "error: file write error: No space left on device",
    "EIO": "fatal: unable to read: Input/output error",
    "EACCES": "error: insufficient permission for adding an object: Permission denied",
}
"""What git says where the system says so."""

FAULTS = ("crash-before", "crash-after", *WORDS, "hang-before", "hang-after")

_SCRIPT = """\
#!/bin/sh
FAULTS_FOLDER=@folder@  # not from the environment, of which not every program is given all
name=${0##*/}
if [ "$name" = git ]; then
    skip= name=git
    for word; do
        if [ -n "$skip" ]; then skip=; continue; fi
        case $word in
            -c) skip=1 ;;
            -*) ;;
            *) name=$word; break ;;
        esac
    done
fi
number=$(( $(grep -cx -- "$name" "$FAULTS_FOLDER/log") + 1 ))
echo "$name" >> "$FAULTS_FOLDER/log"
fault=$(sed -n "s/^$name $number //p" "$FAULTS_FOLDER/plan")
real=$FAULTS_FOLDER/real/${0##*/}
case $fault in
    "") exec "$real" "$@" ;;
    crash-before) kill -9 $PPID $$ ;;
    crash-after) "$real" "$@"; kill -9 $PPID $$ ;;
    hang-before) exec sleep 60 ;;
    hang-after) "$real" "$@"; exec sleep 60 ;;
    wait) echo "$$" >> "$FAULTS_GATE/waiting"; : < "$FAULTS_GATE/go"; exec "$real" "$@" ;;
    inject=*) exec strace -f -qq -o "$FAULTS_FOLDER/strace" -e "$fault" "$real" "$@" ;;
    *) echo "$fault" >&2; exit 128 ;;
esac
"""


@dataclass(frozen=True)
class Faults:
    """The programs that fail, and the folder in which they are told when."""

    folder: Path

    def environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment in which they come first."""
        return {**environ, "PATH": f"{self.folder / 'bin'}:{environ['PATH']}"}

    def plan(self, plan: Mapping[str, str]) -> None:
        """Forget what was counted; from here on fail at these steps (`push 1`), each in its way."""
        lines = [f"{step} {WORDS.get(fault, fault)}\n" for step, fault in plan.items()]
        (self.folder / "plan").write_text("".join(lines))
        for name in ("log", "strace"):
            (self.folder / name).write_text("")

    def steps(self) -> list[str]:
        """Return what was run since, in order: `fetch 1`, `cat-file 1`, `push 1`."""
        names = (self.folder / "log").read_text().split()
        return [f"{name} {names[: at + 1].count(name)}" for at, name in enumerate(names)]

    @property
    def has_injected(self) -> bool:
        """Whether the system did fail."""
        return "(INJECTED)" in (self.folder / "strace").read_text("utf-8", "replace")


@dataclass(frozen=True)
class Gate:
    """Where many wait at a step with the fault `wait`, until all are there."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {"FAULTS_GATE": str(self.folder)}

    @contextmanager
    def opened(
        self, count: int, *, hold: Callable[[], object] = lambda: None, timeout_s: float = 120
    ) -> Iterator[None]:
        """Wait until so many stand here, do what is done while they do, then let them all go on."""
        waiting, deadline = self.folder / "waiting", time.monotonic() + timeout_s
        while waiting.read_text().count("\n") < count:
            assert time.monotonic() < deadline, f"{waiting.read_text().split()} of {count} came"
            time.sleep(0.02)
        waiting.write_text("")
        hold()
        with (self.folder / "go").open("wb"):
            yield


def make_gate(folder: Path) -> Gate:
    """Make one."""
    folder.mkdir()
    (folder / "waiting").write_text("")
    os.mkfifo(folder / "go")
    return Gate(folder)


def make_faults(folder: Path, path: str) -> Faults:
    """Make the programs."""
    (folder / "bin").mkdir(parents=True)
    (folder / "real").mkdir()
    for name in ("git", "ssh-keygen"):
        real = shutil.which(name, path=path)
        if real is not None:
            (folder / "real" / name).symlink_to(real)
            (folder / "bin" / name).write_text(_SCRIPT.replace("@folder@", shlex.quote(str(folder))))
            (folder / "bin" / name).chmod(0o755)
    made = Faults(folder)
    made.plan({})
    return made


@cache
def can_inject() -> bool:
    """Whether strace is here and may make system calls fail."""
    if shutil.which("strace") is None:
        return False
    words = ["strace", "-f", "-o", "/dev/null", "-e", "inject=write:error=ENOSPC", "echo", "x"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 1
