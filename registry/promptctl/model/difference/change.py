"""A change of meaning, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promptctl.core.versions import Bump

Section = Literal["contract", "text", "settings", "policies", "dependencies", "suite", "cases", "pipeline"]
"""In the order in which people read them."""

POLICY, SUITE = "LOOSENS POLICY", "LOOSENS SUITE"
"""What a change that loosens is marked with, everywhere."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of meaning: where (`prompts/x: inputs.question`), what, and the bump it implies.

    Changes of suites and of the pipeline imply no bump. `loosens` marks what forbids, checks or logs less
    than before, or cannot be shown not to. `texts` are a changed text before and after, empty where it is on
    one side only.
    """

    bump: Bump | None
    where: str
    what: str
    section: Section
    loosens: bool = False
    texts: tuple[str, str] | None = None

    @property
    def mark(self) -> str:
        """Return what it is marked with, empty where it loosens nothing."""
        if not self.loosens:
            return ""
        return SUITE if self.section in ("suite", "cases") else POLICY


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes from one bundle or suite to another, by section. None at all: equal behaviour."""

    changes: tuple[Change, ...] = ()

    @property
    def loosened(self) -> tuple[Change, ...]:
        """Return what is looser than before, or cannot be shown to be as strict."""
        return tuple(each for each in self.changes if each.loosens)

    @property
    def bump(self) -> Bump | None:
        """Return the implied bump, None where nothing changed that is released."""
        bumps = {each.bump for each in self.changes}
        return "major" if "major" in bumps else "minor" if "minor" in bumps else None

    @property
    def reasons(self) -> tuple[Change, ...]:
        """Return the changes that the implied bump follows from."""
        return tuple(each for each in self.changes if each.bump is not None and each.bump == self.bump)

    def of(self, section: Section) -> tuple[Change, ...]:
        """Return the changes of one section."""
        return tuple(each for each in self.changes if each.section == section)
