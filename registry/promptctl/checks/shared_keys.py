"""A key of two people proves neither: what is signed with it counts for nobody."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, SignersRule
from promptctl.core.signers import ALLOWED, AllowedKey, PublicKey, parse
from promptctl.model.document import Place


def _find(path: str, content: bytes) -> Iterator[Problem]:
    first: dict[PublicKey, AllowedKey] = {}
    for each in parse(content).keys if path == ALLOWED else ():
        owner = first.setdefault(each.key, each)
        if owner.principal != each.principal:
            message = f"the key of {each.principal} is that of {owner.principal} on line {owner.line}"
            yield Problem(path, Place(each.line, 1), message)


RULE = SignersRule(
    "PC175", "a signing key belongs to one person", "give each person a key of their own", find=_find
)
