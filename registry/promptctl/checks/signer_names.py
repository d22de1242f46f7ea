"""A signature proves who signed only where the line of the key names one person.

A pattern, a list or a certificate authority would let the holder of one key sign as anybody it matches.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, SignersRule
from promptctl.core.signers import ALLOWED, parse
from promptctl.model.document import Place


def _find(path: str, content: bytes) -> Iterator[Problem]:
    for each in parse(content).problems if path == ALLOWED else ():
        if each.what == "principal":
            yield Problem(path, Place(each.line, each.column), each.message)


RULE = SignersRule(
    "PC174",
    "an allowed signer is one exact e-mail",
    "one line for each key of each person: EMAIL TYPE TEXT",
    find=_find,
)
