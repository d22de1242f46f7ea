"""The journal of one run: every answer, appended as it arrives, so that a killed run can go on.

JSON Lines below the user's cache directory: `{"started": …}` first, then `{"case", "repeat", "answer"}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from promptctl.store.writing import refusing

_HINT = "PROMPTCTL_CACHE_DIR=DIR names a place that you may write to"


class Journal:
    """Answers by case id and repeat. A line cut short by a crash, or spoilt otherwise, counts as not there.

    With `resume` an earlier run that was not finished goes on; without, it is forgotten.

    Every method that writes raises `RefusedError` where the system does not let it.
    """

    def __init__(self, path: Path, *, started: str, resume: bool) -> None:
        self.started: str = started
        self._path = path
        self._answers: dict[tuple[str, int], Mapping[str, Any]] = {}
        with refusing(path, hint=_HINT):
            path.parent.mkdir(parents=True, exist_ok=True)
            if resume and path.exists():
                self._load(path.read_bytes())
                self._append(b"\n")  # ends a line that was cut short
            else:
                path.write_bytes(_line({"started": started}))

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, case: str, repeat: int) -> Mapping[str, Any] | None:
        """Return the answer of an earlier, interrupted run."""
        return self._answers.get((case, repeat))

    def append(self, case: str, repeat: int, answer: Mapping[str, Any]) -> None:
        """Keep an answer; it is on its way to disk when this returns."""
        self._append(_line({"case": case, "repeat": repeat, "answer": answer}))

    def finish(self) -> None:
        """Forget the run: there is nothing left to resume."""
        with refusing(self._path, hint=_HINT):
            self._path.unlink(missing_ok=True)

    def _append(self, line: bytes) -> None:
        with refusing(self._path, hint=_HINT), self._path.open("ab", buffering=0) as file:
            file.write(line)

    def _load(self, content: bytes) -> None:
        for line in content.splitlines():
            try:
                entry = json.loads(line)
                if "started" in entry:
                    self.started = str(entry["started"])
                else:
                    self._answers[str(entry["case"]), int(entry["repeat"])] = dict(entry["answer"])
            except (ValueError, KeyError, TypeError):
                continue


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n"
