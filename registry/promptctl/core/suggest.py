"""What may be meant by a name that stands for nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_LONGEST = 100
_COMPARED = 100
_LISTED = 20


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like `word`, or None where none is like it.

    Time is bounded: words longer than 100 characters are like nothing, and of more than 100 known ones only
    the first 100 that begin with the same character are compared.
    """
    if len(word) > _LONGEST:
        return None
    words = [each for each in known if len(each) <= _LONGEST]
    if len(words) > _COMPARED:
        words = [each for each in words if each[:1] == word[:1]][:_COMPARED]
    return _nearest(word, tuple(words))


@lru_cache(maxsize=64)
def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    """One name may be missing in a thousand files."""
    from difflib import get_close_matches  # only for those who mistype

    return next(iter(get_close_matches(word, words, n=1)), None)


def did_you_mean(word: str, known: Iterable[str], label: str) -> str:
    """Return the hint for a word that is not known: the nearest that is, or `label: ` and the first twenty.

    Nothing is known, nothing is said.
    """
    words = list(known)
    close = nearest(word, words)
    if close is not None:
        return f"did you mean {close}?"
    more = ", …" if len(words) > _LISTED else ""
    return f"{label}: {', '.join(words[:_LISTED])}{more}" if words else ""
