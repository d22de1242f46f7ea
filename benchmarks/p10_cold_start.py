"""P10: import, `connect()` from the disk cache and first render, against bare imports. Goal: at most 2 times.

Whole processes: `floor()` and `ours()` return the words of a command. `timeout=0` is the start that serves
from the disk cache without waiting for the source. The first run of each is a warm-up: it writes bytecode.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.serving import ENVIRONMENT, NAME, URL, fill_cache

FLOOR = "import json, subprocess, dataclasses, threading, hashlib, re"
OURS = f"""
import promptctl, sys
registry = promptctl.connect({URL!r}, environment={ENVIRONMENT!r}, cache_dir=sys.argv[1], timeout=0)
prompt = registry.prompt({NAME!r})
documents = [{{"id": "kb-1", "title": "Returns", "content": "A sofa may come back."}}]
prompt.render(shop="Oak & Ash", user_name="Ada", question="?", context=prompt.context(documents)).messages
"""

_directory = tempfile.TemporaryDirectory()
# As installed packages are: compiled, whatever this shell says about writing bytecode.
_PYTHON = [sys.executable, "-E", "-X", f"pycache_prefix={_directory.name}/bytecode"]
fill_cache(Path(_directory.name))


def floor() -> list[str]:
    return [*_PYTHON, "-c", FLOOR]


def ours() -> list[str]:
    return [*_PYTHON, "-c", OURS, _directory.name]
