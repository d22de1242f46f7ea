"""The same text has the same bytes, and so the same digest, on every system.

With CR LF a checkout on Windows would release something else than one on Linux, and every line of a diff
would differ.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem, place_of


def _find(path: str, content: bytes) -> Iterator[Problem]:
    if b"\r\n" in content:
        message = "lines end with CR LF, expected LF"
        hint = f"promptctl fmt {path}; `* text=auto eol=lf` in .gitattributes keeps LF"
        yield Problem(path, place_of(content, content.index(b"\r\n")), message, hint)


RULE = FileRule("PC004", "lines end with LF", "promptctl fmt PATH", find=_find, stops=True)
