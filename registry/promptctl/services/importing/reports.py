"""What could not be carried over, gathered while a configuration of several files is read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from promptctl.model.document import Place
from promptctl.model.findings import Finding, Severity
from promptctl.services.importing.structured import Structured, read_structured

Where = Place | int


@dataclass(frozen=True, slots=True)
class Report:
    """Findings of one import; each thing that is said is said once, at its first place."""

    path: str
    _said: dict[tuple[str, str], Finding] = field(default_factory=dict)
    _files: dict[str, Structured | None] = field(default_factory=dict)

    def of(self, path: str) -> Report:
        """Return the same report, for places in another file."""
        return replace(self, path=path)

    def warning(self, where: Where, code: str, message: str, hint: str = "") -> None:
        """Say what was left out, or means something else."""
        self._say(where, code, message, hint, "warning")

    def error(self, where: Where, code: str, message: str, hint: str = "") -> None:
        """Say what could not be imported."""
        self._say(where, code, message, hint, "error")

    def add(self, *findings: Finding) -> None:
        """Take over what others found."""
        for each in findings:
            self._said.setdefault((each.code, each.message), each)

    def read(self, data: bytes, path: str) -> Structured | None:
        """Return what a configuration says, or None and findings; each file is read once."""
        if path not in self._files:
            self._files[path], findings = read_structured(data, path)
            self.add(*findings)
        return self._files[path]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was said, sorted by place."""
        return tuple(sorted(self._said.values()))

    def _say(self, where: Where, code: str, message: str, hint: str, severity: Severity) -> None:
        line, column = (where, 1 if where else 0) if isinstance(where, int) else where
        self.add(Finding(self.path, line, column, code, message, hint, severity))
