"""A merge that was committed before it was resolved leaves both sides and the markers of git in the file.

In YAML that is mostly no YAML any more; in the body of a prompt a model would read all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem, place_of

_BEGINS, _DIVIDES, _ENDS = b"<<<<<<< ", b"\n=======\n", b"\n>>>>>>> "
_BEGIN = re.compile(rb"^<<<<<<< ", re.MULTILINE)


def _find(path: str, content: bytes) -> Iterator[Problem]:
    if _BEGINS not in content:
        return
    begin = _BEGIN.search(content)
    divides = content.find(_DIVIDES, begin.end()) if begin else -1
    if begin and divides >= 0 and content.find(_ENDS, divides + len(_DIVIDES) - 1) >= 0:
        yield Problem(path, place_of(content, begin.start()), "a merge conflict that nobody has resolved")


RULE = FileRule(
    "PC088",
    "no file has markers of a merge conflict",
    "keep one side or join them, and delete the three lines of markers; indent a conflict that is an example",
    find=_find,
    in_plain=True,
)
