"""Some programs end a line or a record at these characters, most do not.

Two readers would count lines differently, so a place that one names is another's elsewhere; a line that
looks like one of a list is part of the line before it. In YAML they are refused (PC020).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.characters import named, place_in, text_of
from promptctl.checks.rule import FileRule, Problem, settings_of

_SEPARATORS = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")


def _find(path: str, content: bytes) -> Iterator[Problem]:
    text = text_of(content)
    begin = len(settings_of(path, content).decode("utf-8", "replace")) if text else 0
    for match in _SEPARATORS.finditer(text, begin):
        yield Problem(path, place_in(text, match.start()), f"the separator {named(match[0])}")


RULE = FileRule(
    "PC082",
    "lines and records are separated by LF alone",
    "write a line break, or remove it",
    "warning",
    find=_find,
)
