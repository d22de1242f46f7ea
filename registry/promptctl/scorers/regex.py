"""`regex`: a pattern matches somewhere in the answer.

Patterns come with a suite, from whoever may propose a change to it, so they are matched in linear time; the
price is that a pattern can neither look around nor refer back. Suites are shared with tools that read
patterns as ECMAScript does: `$` is the very end, `\\d`, `\\w` and `\\b` know ASCII only, groups are named
`(?<name>…)`, and `\\u00e9` is a character.
"""

from __future__ import annotations

import re
from typing import Any

from promptctl.scorers.answer import Check

_PATTERN_LENGTH = 1_000
_TEXT_LENGTH = 20_000  # linear in the text times the pattern, whose repeats multiply: `(.{1,30}){1,30}`
_ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9A-Fa-f]{4})|.)", re.DOTALL)
_ELSEWHERE = re.compile(r": (?:(?P<around>\(\?<?[=!])|(?P<back>\\[1-9k]))")


def make(value: Any, _threshold: float | None) -> Check:
    """Search in the first 20,000 characters of the answer."""
    if not isinstance(value, str) or not value:
        raise ValueError("needs a pattern as its value")
    if len(value) > _PATTERN_LENGTH:
        raise ValueError(f"has a pattern of {len(value)} characters: at most {_PATTERN_LENGTH}")
    pattern = compiled(value)
    return lambda answer: (
        pattern.search(answer.text[:_TEXT_LENGTH].encode("utf-8", "surrogatepass")) is not None
    )


def compiled(text: str) -> Any:
    """Return RE2's pattern, to be searched in bytes of UTF-8; raise `ValueError`, in words, for a bad one."""
    import re2

    options = re2.Options()
    options.log_errors = False  # it would write to the standard error
    try:
        return re2.compile(_ESCAPE.sub(_as_re2, text).encode(), options)
    except UnicodeEncodeError:
        raise ValueError("has a pattern that cannot be read: half of a surrogate pair") from None
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace")[:100]
        raise ValueError(_why(said)) from None


def _why(said: str) -> str:
    elsewhere = _ELSEWHERE.search(said)
    if elsewhere is None:
        return f"has a pattern that cannot be read: {said}"
    does = "looks around" if elsewhere["around"] else "refers back"
    found = elsewhere["around"] or elsewhere["back"]
    return (
        f"has a pattern that {does} ({found}), which takes no linear time: use two assertions, or `not-regex`"
    )


def _as_re2(match: re.Match[str]) -> str:
    return rf"\x{{{match['code']}}}" if match["code"] else match[0]
