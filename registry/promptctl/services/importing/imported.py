"""What a format is given and what it gives back. Formats are pure: they read no file and run nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from promptctl.checks import conversions
from promptctl.model.document import Place
from promptctl.model.findings import Finding, Severity

UNREADABLE = conversions.UNREADABLE.code
MENDED = conversions.MENDED.code
RENAMED = conversions.RENAMED.code
LEFT_OUT = conversions.LEFT_OUT.code
UNTRANSLATED = conversions.UNTRANSLATED.code
WOULD_RUN = conversions.WOULD_RUN.code
NOT_ASSERTED = conversions.NOT_ASSERTED.code
NO_SUITE = conversions.NO_SUITE.code
DIFFERS = conversions.DIFFERS.code
UNUSABLE = conversions.UNUSABLE.code


def suite_hint(name: str, dataset: str) -> str:
    """Return how to write the suite of a prompt; `dataset` says which cases it has."""
    return f"add evals/{name}.yaml with `target: prompts/{name}`, {dataset}, and what to `assert`"


def _nothing_beside(path: str) -> bytes | None:  # noqa: ARG001 - the same shape as what reads
    return None


def _nothing_matching(pattern: str) -> list[str] | None:  # noqa: ARG001 - the same shape as what looks
    return []


@dataclass(frozen=True, slots=True)
class Source:
    """One file of another tool.

    `path` is what findings say. `data` is valid UTF-8 with LF line ends and neither BOM nor NUL. `name` is
    legal and free: what a format makes is called `name`, or something below it (`name/row`). `columns` are
    what the user chose (CSV: of the name and of the text). `beside` returns a file next to the source, or
    below its folder, by relative path; None where there is none that may be read. `matching` returns such
    paths for a pattern, sorted; None where there are too many files to look through.
    """

    path: str
    data: bytes
    name: str
    columns: tuple[str, str] | None = None
    beside: Callable[[str], bytes | None] = field(default=_nothing_beside, compare=False)
    matching: Callable[[str], list[str] | None] = field(default=_nothing_matching, compare=False)

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
