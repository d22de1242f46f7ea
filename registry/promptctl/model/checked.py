"""What was found out about one file, so that it need not be found out again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import Any, NamedTuple

from promptctl.model.findings import Finding

_JSON = json.JSONEncoder(sort_keys=True)


class Checked(NamedTuple):
    """One file and what checking it found: true as long as it, and everything that it names and they name,
    stay in the same `state`, and every name that `names` holds leads to a file.

    All is text, as it is kept, and holds no NUL. `address` is empty where its path makes none, `kind` where
    it could not be read as an artifact. `names` is one address a line, `found` findings and `gathered` what
    the rules that compare artifacts need of it, as JSON, or empty.
    """

    path: str
    state: str
    address: str
    kind: str
    names: str
    found: str
    gathered: str

    @property
    def is_read(self) -> bool:
        """Whether it is an artifact that could be read."""
        return bool(self.kind)

    @property
    def targets(self) -> list[str]:
        """Return the addresses that the file names, existing or not."""
        return self.names.split("\n") if self.names else []

    @property
    def findings(self) -> list[Finding]:
        """Return what is wrong with the file."""
        return findings_from(self.found)


def findings_to(findings: Iterable[Finding]) -> str:
    """Return findings as they are kept, empty for none."""
    plain = [astuple(each) for each in findings]
    return _JSON.encode(plain) if plain else ""


def findings_from(text: str) -> list[Finding]:
    """Return the findings that `findings_to` wrote."""
    return [Finding(*each) for each in json.loads(text)] if text else []


def gathered_to(gathered: Mapping[str, Any]) -> str:
    """Return what was gathered, by code, as it is kept."""
    return _JSON.encode(gathered) if gathered else ""
