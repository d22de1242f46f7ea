"""Files never pull in the environment or other files: a pull request must not read the secrets of CI."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem, place_of, settings_of

_OUTSIDE = re.compile(rb"\$\{(?P<word>env|file):")


def _find(path: str, content: bytes) -> Iterator[Problem]:
    if b"${" not in content:
        return
    for match in _OUTSIDE.finditer(settings_of(path, content)):
        message = f"${{{match['word'].decode()}:…}} is never resolved"
        yield Problem(path, place_of(content, match.start()), message)


RULE = FileRule(
    "PC105",
    "no value comes from the environment or another file",
    "write the value itself, without secrets",
    find=_find,
    in_plain=True,
)
