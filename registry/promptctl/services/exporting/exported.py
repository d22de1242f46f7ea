"""What a format is given and what it gives back. Formats are pure: they read no file and run nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from promptctl.checks import conversions
from promptctl.core.bundle import Bundle
from promptctl.model.findings import Finding
from promptctl.model.suite import Suite

NOT_ENFORCED = conversions.NOT_ENFORCED.code
NOT_SAID = conversions.NOT_SAID.code
READ_OTHERWISE = conversions.READ_OTHERWISE.code
NO_CASES = conversions.NO_CASES.code


@dataclass(frozen=True, slots=True)
class Subject:
    """One prompt, whole: its bundle, what its file says beside behaviour, and the suites that judge it."""

    bundle: Bundle
    about: Mapping[str, Any] = field(default_factory=dict)
    suites: tuple[Suite, ...] = ()

    @property
    def body(self) -> Mapping[str, Any]:
        """Return the prompt's body in the bundle."""
        return self.bundle.body

    @property
    def name(self) -> str:
        """Return the prompt's name, without the folder."""
        return self.bundle.root.partition("/")[2]

    @property
    def described(self) -> Mapping[str, Any]:
        """Return behaviour and descriptions as one, under the names of the file."""
        return {**self.about, **_merged(self.about, self.body)}

    def warning(self, code: str, message: str, hint: str = "") -> Finding:
        """Return what the other tool does not get, or gets differently."""
        return Finding(self.bundle.root, 0, 0, code, message, hint, "warning")


@dataclass(frozen=True, slots=True)
class Exported:
    """`content` is UTF-8 with a final LF. The findings, all warnings, say what it lacks."""

    content: bytes
    findings: tuple[Finding, ...] = ()


def _merged(about: Any, body: Any) -> Any:
    """Lay one mapping into the other; what is behaviour wins."""
    if not (isinstance(about, Mapping) and isinstance(body, Mapping)):
        return body
    return {**about, **{key: _merged(about.get(key), each) for key, each in body.items()}}
