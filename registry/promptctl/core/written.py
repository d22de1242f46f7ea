"""How JSON, times, ids and numbers of things are written, wherever people and git read them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from datetime import datetime
    from typing import Any

_DIGITS = 12


def pretty_json(value: Any) -> bytes:
    """Return JSON for people and git: UTF-8, keys sorted, indent 2, one final LF."""
    import json

    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def timestamp(moment: datetime) -> str:
    """Return a time as it is written everywhere: `YYYY-MM-DDTHH:MM:SSZ`."""
    from datetime import UTC

    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short(identity: str) -> str:
    """Return an id or digest with its first twelve digits, which tell it from others."""
    algorithm, colon, digits = identity.rpartition(":")
    return f"{algorithm}{colon}{digits[:_DIGITS]}"


def counted(number: int, word: str) -> str:
    """Return `1 file`, `2 files`, `1,000 files`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
