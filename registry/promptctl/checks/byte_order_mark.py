"""A byte order mark is an invisible character before the first one.

Front matter would no longer begin at the first byte, and a prompt would begin with a character that nobody
sees and the model reads.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem
from promptctl.model.document import Place


def _find(path: str, content: bytes) -> Iterator[Problem]:
    if content.startswith(BOM_UTF8):
        message = "begins with a byte order mark"
        yield Problem(path, Place(1, 1), message, f"promptctl fmt {path}")


RULE = FileRule(
    "PC002", "a file begins without a byte order mark", "promptctl fmt PATH", find=_find, stops=True
)
