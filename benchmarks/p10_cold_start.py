"""P10: import, `connect()` from the disk cache and first render, against bare imports. Goal: at most 2 times.

`timeout=0` is the start that serves from the disk cache without waiting for the source.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import Case, Command, same
from benchmarks.serving import ENVIRONMENT, NAME, URL, fill_cache

FLOOR = "import json, subprocess, dataclasses, threading, hashlib, re"
OURS = f"""
import promptctl, sys
registry = promptctl.connect({URL!r}, environment={ENVIRONMENT!r}, cache_dir=sys.argv[1], timeout=0)
prompt = registry.prompt({NAME!r})
documents = [{{"id": "kb-1", "title": "Returns", "content": "A sofa may come back."}}]
prompt.render(shop="Oak & Ash", user_name="Ada", question="?", context=prompt.context(documents)).messages
"""


def cases() -> Iterator[Case]:
    """Whole processes."""
    with tempfile.TemporaryDirectory() as directory:
        fill_cache(Path(directory))
        floor = Command([sys.executable, "-c", FLOOR])
        ours = Command([sys.executable, "-c", OURS, directory])
        yield Case("P10", "SDK: import, connect, first render", 2, same(floor.run), same(ours.run), rounds=21)
