"""Versions of releases: SemVer 2.0.0 without pre-release and build parts (https://semver.org)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promptctl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from typing import Literal, TypeAlias

    Bump: TypeAlias = Literal["major", "minor", "patch"]
else:
    Bump = str

_PATTERN = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Orders by precedence; prints as `1.2.0`."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def parse(cls, text: str) -> Version:
        """Raise `UsageError` where `text` is not exactly `MAJOR.MINOR.PATCH`."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise UsageError(f"{text!r} is not a version", hint="versions look like 1.2.0")
        return cls(*(int(part) for part in match.groups()))

    def bumped(self, bump: Bump) -> Version:
        """Return the next version of that kind."""
        if bump == "major":
            return Version(self.major + 1, 0, 0)
        if bump == "minor":
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)


FIRST = Version(1, 0, 0)
