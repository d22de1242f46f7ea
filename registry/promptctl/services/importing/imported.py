"""What a format is given and what it gives back. Formats are pure: they read no file and run nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from promptctl.model.document import Place
from promptctl.model.findings import Finding, Severity

UNREADABLE = "PC201"
"""Error: the file is not what its format says, so nothing was made of it."""
MENDED = "PC202"
"""Warning: a byte order mark or CR LF was taken away."""
RENAMED = "PC203"
"""Warning: a name was made legal, or unique."""
LEFT_OUT = "PC204"
"""Warning: a field has no place in a registry, or belongs elsewhere in it."""
UNTRANSLATED = "PC205"
"""Error: a template says what ours cannot say."""
WOULD_RUN = "PC206"
"""Error: this would run code, or read a file or the environment. It was left out."""
NOT_ASSERTED = "PC207"
"""Warning: an evaluator has no assertion of ours."""
NO_SUITE = "PC208"
"""Warning: there are cases, but nothing that judges them."""
DIFFERS = "PC209"
"""Warning: it was carried over, and behaves differently in one way, which is said."""
UNUSABLE = "PC210"
"""Error: what was made of it is refused by the registry's own reader, and was not written."""


def _nothing_beside(path: str) -> bytes | None:  # noqa: ARG001 - the same shape as what reads
    return None


@dataclass(frozen=True, slots=True)
class Source:
    """One file of another tool.

    `path` is what findings say. `data` is valid UTF-8 with LF line ends and neither BOM nor NUL. `name` is
    legal and free: what a format makes is called `name`, or something below it (`name/row`). `columns` are
    what the user chose (CSV: of the name and of the text). `beside` returns a file next to the source, or
    below its folder, by relative path; None where there is none that may be read.
    """

    path: str
    data: bytes
    name: str
    columns: tuple[str, str] | None = None
    beside: Callable[[str], bytes | None] = field(default=_nothing_beside, compare=False)

    @property
    def text(self) -> str:
        """Return the content as text."""
        return self.data.decode()

    def warning(self, place: Place | int, code: str, message: str, hint: str) -> Finding:
        """Return what was not carried over, and where it stands; an int is a line."""
        return self._finding(place, code, message, hint, "warning")

    def error(self, place: Place | int, code: str, message: str, hint: str) -> Finding:
        """Return what stops this file, or would have run, and where it stands; an int is a line."""
        return self._finding(place, code, message, hint, "error")

    def _finding(self, place: Place | int, code: str, message: str, hint: str, severity: Severity) -> Finding:
        line, column = (place, 1 if place else 0) if isinstance(place, int) else place
        return Finding(self.path, line, column, code, message, hint, severity)


@dataclass(frozen=True, slots=True)
class Imported:
    """`files` are registry paths to bytes (`prompts/NAME.md`, `evals/NAME.yaml`, `datasets/NAME.jsonl`).

    Findings have places in the source. A file with errors may still have made something: what the errors
    name is missing in it.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
