"""Who is who: the identities that are one person, by `people` of `promptctl.yaml`.

An identity is an e-mail, or `github:ID` for the one behind GitHub's private addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from promptctl.core.signers import is_principal

People = Mapping[str, Sequence[str]]
"""Identities by the name of the person."""

_GITHUB = re.compile(r"github:[1-9][0-9]*")
_NO_REPLY = re.compile(r"([1-9][0-9]*)\+[^@]*@users\.noreply\.github\.com")


def is_identity(identity: str) -> bool:
    """Say whether it can stand in `people`: one exact e-mail, or `github:ID`."""
    return is_principal(identity) or _GITHUB.fullmatch(identity) is not None


def same_for_all(identity: str) -> str:
    """Return what equal identities have in common: not the case, nor how GitHub hides an e-mail."""
    plain = identity.strip().casefold()
    hidden = _NO_REPLY.fullmatch(plain)
    return f"github:{hidden[1]}" if hidden else plain


def person_of(identity: str, people: People) -> str:
    """Return the name of the person, or the identity where nobody has it: then it is a person of its own."""
    wanted = same_for_all(identity)
    for name, identities in people.items():
        if any(same_for_all(each) == wanted for each in identities):
            return name
    return wanted


def members(names: Iterable[str], groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the people that are meant: names of groups stand for their members."""
    return tuple(dict.fromkeys(person for each in names for person in groups.get(each, (each,))))
