"""What a command cost: processor time and the peak of its memory, children included."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.cli import Ran

# A process counts the memory of the one it was forked from: a small one stands between. None runs for ever.
_BETWEEN = """\
import os, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
open(sys.argv[1], "w").write(f"[{usage.ru_utime + usage.ru_stime}, {usage.ru_maxrss / 1024}]")
os._exit(os.waitstatus_to_exitcode(status) & 255)
"""


@dataclass(frozen=True)
class Measured(Ran):
    """What a finished command left behind, and what it cost."""

    cpu_s: float
    peak_mib: float


def measured(directory: Path, environ: Mapping[str, str], *words: str, timeout_s: float = 60) -> Measured:
    """Run promptctl in `directory`."""
    cost = directory.with_name(directory.name + "-cost.json")
    done = subprocess.run(
        [sys.executable, "-S", "-c", _BETWEEN, str(cost), sys.executable, "-m", "promptctl", *words],
        cwd=directory,
        env={**environ, "COLUMNS": "80", "PYTHONPATH": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=timeout_s,
    )
    cpu_s, peak_mib = json.loads(cost.read_text())
    return Measured(done.returncode, done.stdout.decode(), done.stderr.decode(), cpu_s, peak_mib)
