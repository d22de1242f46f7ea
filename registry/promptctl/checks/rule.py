"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from promptctl.model.document import Path, Place
from promptctl.model.findings import Finding, Severity
from promptctl.model.registry import Artifact, Registry


class Problem(NamedTuple):
    """One thing that a rule found; the rule's hint is used where it has none of its own."""

    path: str
    place: Place
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """`about` says in one line what must hold. `find` looks only at artifacts that could be read."""

    code: str
    about: str
    find: Callable[[Registry], Iterator[Problem]]
    hint: str = ""
    severity: Severity = "error"

    def check(self, registry: Registry) -> Iterator[Finding]:
        """Yield a finding for every place where the rule does not hold."""
        for each in self.find(registry):
            line, column = each.place
            yield Finding(
                each.path, line, column, self.code, each.message, each.hint or self.hint, self.severity
            )


def at(artifact: Artifact, path: Path, message: str, hint: str = "") -> Problem:
    """Return a problem at the value of an artifact."""
    return Problem(artifact.path, artifact.place(path), message, hint)
