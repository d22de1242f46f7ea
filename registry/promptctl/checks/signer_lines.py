"""A line of the signers' files that cannot be read allows nobody to sign, and revokes nothing.

What is not understood in `revoked_keys` makes every signature doubtful: the key that was meant may be any.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, SignersRule
from promptctl.core.signers import REVOKED, parse, parse_revoked
from promptctl.model.document import Place


def _find(path: str, content: bytes) -> Iterator[Problem]:
    problems = parse_revoked(content)[1] if path == REVOKED else parse(content).problems
    for each in problems:
        if each.what == "line":
            hint = "write the key as it stands in its .pub file: TYPE TEXT" if path == REVOKED else ""
            yield Problem(path, Place(each.line, each.column), each.message, hint)


RULE = SignersRule(
    "PC173",
    "each line of the signers' files is a key, and whose",
    'EMAIL namespaces="git,promptctl" TYPE TEXT, as promptctl init --signing writes it',
    find=_find,
)
