"""A line that can never allow a signature looks as if its person could sign."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, SignersRule
from promptctl.core.signers import ALLOWED, AllowedKey, parse
from promptctl.model.document import Place

_NAMESPACES = frozenset(("git", "promptctl"))


def _find(path: str, content: bytes) -> Iterator[Problem]:
    for each in parse(content).keys if path == ALLOWED else ():
        reason = _reason(each)
        if reason:
            yield Problem(
                path, Place(each.line, 1), f"the key of {each.principal} can sign nothing: {reason}"
            )


def _reason(key: AllowedKey) -> str:
    if key.valid_after and key.valid_before and key.valid_after > key.valid_before:
        return "valid-before lies before valid-after"
    if key.namespaces is not None and not _NAMESPACES.intersection(key.namespaces):
        return f"tags are signed as git, all else as promptctl, and it may as {', '.join(key.namespaces)}"
    return ""


RULE = SignersRule(
    "PC176",
    "an allowed key can sign something",
    'namespaces="git,promptctl", and a valid-before after valid-after',
    "warning",
    find=_find,
)
