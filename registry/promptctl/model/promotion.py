"""`promotion.json`: the record of one commit of an environment, and the words about it for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from promptctl.core.names import short_name
from promptctl.core.written import pretty_json, short
from promptctl.errors import IntegrityError

if TYPE_CHECKING:  # a record is read without its lock
    from promptctl.core.lock import Lock

SCHEMA = "promptctl.promotion/v1"
Action = Literal["promote", "rollback", "hold", "unhold", "repair"]


class Move(NamedTuple):
    """One address that moved; versions, `before` is None where it did not serve, `after` where it no longer
    does.
    """

    address: str
    before: str | None
    after: str | None

    def plain(self) -> dict[str, str | None]:
        """Return the move as it stands in JSON."""
        return {"address": self.address, "from": self.before, "to": self.after}


class Promotion(NamedTuple):
    """Who changed an environment, when, why and past which gates. `at` is UTC."""

    action: Action
    by: str
    at: str
    reason: str = ""
    changes: tuple[Move, ...] = ()
    gates: tuple[Mapping[str, Any], ...] = ()
    policy_commit: str = ""
    waivers: tuple[Mapping[str, Any], ...] = ()

    def to_bytes(self) -> bytes:
        """Return `promotion.json`."""
        plain = {key: value for key, value in self._asdict().items() if key != "changes"}
        changes = [each.plain() for each in self.changes]
        return pretty_json({"schema": SCHEMA, "changes": changes, **plain})

    @property
    def title(self) -> str:
        """Return the subject of the commit: `promote support-answer 1.0.0 → 1.1.0`."""
        moves = [_move_words(each) for each in self.changes]
        words = ", ".join(moves) if len(moves) <= 2 else f"{len(moves)} releases"
        return f"{self.action} {words}".strip()

    @property
    def message(self) -> str:
        """Return the message of the commit: the title, and below it the reason."""
        reason = self.reason.strip()
        return f"{self.title}\n\n{reason}\n" if reason else f"{self.title}\n"


def parse(content: bytes) -> Promotion:
    """Return the promotion of `promotion.json`; raise `IntegrityError` where it is not one."""
    try:
        plain = json.loads(content.decode("utf-8"))
        if plain.pop("schema") != SCHEMA:
            raise ValueError("unknown schema")
        moves = tuple(Move(each["address"], each["from"], each["to"]) for each in plain.pop("changes"))
        gates, waivers = tuple(plain.pop("gates")), tuple(plain.pop("waivers"))
        promotion = Promotion(changes=moves, gates=gates, waivers=waivers, **plain)
        _check(promotion)
        if b"\\u" in content:  # only an escape can be what is no text, and cannot be written again
            promotion.to_bytes()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise IntegrityError(
            f"promotion.json is not readable: it is not of the schema {SCHEMA}", hint="promptctl verify --all"
        ) from None
    return promotion


def _check(promotion: Promotion) -> None:
    texts: list[Any] = [promotion.action, promotion.by, promotion.at, promotion.reason]
    texts.append(promotion.policy_commit)
    for move in promotion.changes:
        texts += (move.address, *("" if each is None else each for each in (move.before, move.after)))
    if not all(isinstance(each, str) for each in texts):
        raise ValueError("these fields are text")
    if not all(isinstance(each, dict) for each in (*promotion.gates, *promotion.waivers)):
        raise ValueError("gates and waivers are objects")


def legible(words: str) -> str:
    """Return what somebody typed as it can be written down: bytes that are no UTF-8 become `�`."""
    return words.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def readme(lock: Lock, promotion: Promotion) -> bytes:
    """Return the `README.md` of an environment's branch: the lock for people."""
    rows = [
        f"| `{address}` | {pin.version} | `{short(pin.digest[7:])}` | {pin.since} | {_cell(pin.by)} |"
        for address, pin in sorted(lock.pins.items())
    ]
    holds = [
        f"- {each.scope} `{_cell(each.value)}`: {_cell(each.reason)} ({_cell(each.by)})"
        for each in lock.holds
    ]
    lines = [
        f"# What serves in {lock.environment}",
        "",
        f"Written by promptctl, number {lock.sequence}: {promotion.title}. Edit nothing here by hand.",
        "",
        "| release | version | digest | since | by |",
        "|---|---|---|---|---|",
        *rows,
        *(["", "## Holds", "", *holds] if holds else []),
    ]
    return ("\n".join(lines) + "\n").encode()


def _move_words(move: Move) -> str:
    name = short_name(move.address)
    if move.after is None:
        return f"{name} {move.before} → nothing"
    return f"{name} {move.before} → {move.after}" if move.before else f"{name} {move.after}"


def _cell(text: str) -> str:
    """Other people's text inside a table or list: one line, no markup of its own."""
    plain = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>|#!@" else sign for sign in plain)
