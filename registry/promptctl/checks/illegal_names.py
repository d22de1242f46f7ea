"""A name becomes part of tags, branches and release trees on every system.

So it is small ASCII letters, digits, `.`, `_` and `-`, no Windows device and nothing that looks like a
version; a look-alike letter cannot occur in it.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal(
    "PC008",
    "a file's path gives its artifact a legal name",
    "rename the file to small letters, digits, - and _",
)
