"""Text has one encoding, so that every reader sees the same characters.

A byte that is not UTF-8 is a different letter on each machine, and JSON, which releases are made of, has no
other encoding.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem, place_of


def _find(path: str, content: bytes) -> Iterator[Problem]:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        byte = content[error.start]
        yield Problem(path, place_of(content, error.start), f"not UTF-8: byte 0x{byte:02x}")


RULE = FileRule("PC001", "a file is UTF-8", "save it as UTF-8", find=_find, stops=True)
