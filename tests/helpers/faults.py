"""A `git` (and `ssh-keygen`) first on PATH that fails on purpose: the fault tests need no seam in the code.

It counts each program's commands by name. The plan says what happens at which of them: `push 1 crash-after`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
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
    wait) echo "$$" >> "$FAULTS_FOLDER/waiting"
        until [ -e "$FAULTS_FOLDER/go" ]; do sleep 0.02; done; exec "$real" "$@" ;;
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
        return {
            **environ,
            "PATH": f"{self.folder / 'bin'}:{environ['PATH']}",
            "FAULTS_FOLDER": str(self.folder),
        }

    def plan(self, plan: Mapping[str, str]) -> None:
        """Forget what was counted; from here on fail at these steps (`push 1`), each in its way."""
        lines = [f"{step} {WORDS.get(fault, fault)}\n" for step, fault in plan.items()]
        (self.folder / "plan").write_text("".join(lines))
        for name in ("log", "strace", "waiting"):
            (self.folder / name).write_text("")
        (self.folder / "go").unlink(missing_ok=True)

    def steps(self) -> list[str]:
        """Return what was run since, in order: `fetch 1`, `cat-file 1`, `push 1`."""
        names = (self.folder / "log").read_text().split()
        return [f"{name} {names[: at + 1].count(name)}" for at, name in enumerate(names)]

    @property
    def has_injected(self) -> bool:
        """Whether the system did fail."""
        return "(INJECTED)" in (self.folder / "strace").read_text("utf-8", "replace")


def make_faults(folder: Path, path: str) -> Faults:
    """Make the programs."""
    (folder / "bin").mkdir(parents=True)
    (folder / "real").mkdir()
    for name in ("git", "ssh-keygen"):
        real = shutil.which(name, path=path)
        if real is not None:
            (folder / "real" / name).symlink_to(real)
            (folder / "bin" / name).write_text(_SCRIPT)
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
