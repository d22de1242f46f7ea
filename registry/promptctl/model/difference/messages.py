"""Two texts of messages: which message is new, gone, moved, another role's, or worded differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from promptctl.core.bundle import Bundle
from promptctl.core.names import KINDS
from promptctl.model.difference.alignment import aligned
from promptctl.model.difference.change import Change
from promptctl.model.difference.counterparts import counterparts

MANY = 200
"""Beyond so many messages they are compared as one text."""


class _Message(NamedTuple):
    place: int
    role: str
    text: str
    thread: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.role, self.text, self.thread


def text_changes(before: Bundle, after: Bundle) -> Iterator[Change]:
    """Yield every change of the messages of a prompt and of the text of a context template."""
    for address, other in counterparts(before, after):
        old, new = before.artifacts[address], after.artifacts[other]
        if KINDS[other.partition("/")[0]] == "prompt" and old.get("messages") != new.get("messages"):
            yield from _of_messages(other, _messages(old), _messages(new))
        if "text" in {*old, *new} and old.get("text", "") != new.get("text", ""):
            texts = (old.get("text", ""), new.get("text", ""))
            yield Change("minor", f"{other}: text", "the text reads differently", "text", texts=texts)


def _messages(body: Mapping[str, Any]) -> list[_Message]:
    return [
        _Message(place, each.get("role", ""), each.get("text", ""), each.get("thread", ""))
        for place, each in enumerate(body.get("messages", []))
    ]


def _of_messages(address: str, old: Sequence[_Message], new: Sequence[_Message]) -> Iterator[Change]:
    if max(len(old), len(new)) > MANY:
        texts = tuple("\n\n".join(f"{each.role}:\n{each.text}" for each in side) for side in (old, new))
        yield Change(
            "minor",
            f"{address}: messages",
            "the messages read differently",
            "text",
            texts=(texts[0], texts[1]),
        )
        return
    gone: list[_Message] = []
    come: list[_Message] = []
    edited: list[tuple[_Message, _Message]] = []
    for each in aligned([one.key for one in old], [one.key for one in new]):
        if not each.is_equal:
            left, right = list(old[each.at : each.at + each.old]), list(new[each.to : each.to + each.new])
            edited += _edited(left, right)
            gone += left
            come += right
    found = [*_moved(address, gone, come, old), *_of_other_role(address, gone, come)]
    edited += _edited(gone, come)
    for was, now in edited:
        where = f"{address}: messages.{now.place}.text"
        what = f"{_name(now, new)} reads differently"
        found.append(Change("minor", where, what, "text", texts=(was.text, now.text)))
    for each_gone in gone:
        where = f"{address}: messages.{each_gone.place}"
        what = f"{_name(each_gone, old)} is gone"
        found.append(Change("minor", where, what, "text", texts=_texts(each_gone.text, "")))
    for each_new in come:
        where = f"{address}: messages.{each_new.place}"
        what = f"{_name(each_new, new)} is new"
        found.append(Change("minor", where, what, "text", texts=_texts("", each_new.text)))
    yield from sorted(found, key=lambda each: int(each.where.split("messages.")[1].split(".")[0]))


def _texts(before: str, after: str) -> tuple[str, str] | None:
    return (before, after) if before or after else None


def _edited(gone: list[_Message], come: list[_Message]) -> list[tuple[_Message, _Message]]:
    """Take out what is compared: in order, messages of one role that are not to be found elsewhere."""
    elsewhere = {each.text for each in gone} & {each.text for each in come}
    pairs = []
    for was in [each for each in gone if not each.thread and each.text not in elsewhere]:
        now = next(
            (
                each
                for each in come
                if each.role == was.role and not each.thread and each.text not in elsewhere
            ),
            None,
        )
        if now is not None:
            pairs.append((was, now))
            gone.remove(was)
            come.remove(now)
    return pairs


def _moved(
    address: str,
    gone: list[_Message],
    come: list[_Message],
    old: Sequence[_Message],
) -> Iterator[Change]:
    for was in list(gone):
        now = next((each for each in come if each.key == was.key), None)
        if now is not None:
            gone.remove(was)
            come.remove(now)
            what = f"{_name(was, old)} moved from place {was.place + 1} to place {now.place + 1}"
            yield Change("minor", f"{address}: messages.{now.place}", what, "text")


def _of_other_role(address: str, gone: list[_Message], come: list[_Message]) -> Iterator[Change]:
    for was in list(gone):
        now = next((each for each in come if each.text == was.text and each.role and was.role), None)
        if now is not None:
            gone.remove(was)
            come.remove(now)
            what = f"the {was.role} message is now a {now.role} message"
            yield Change("minor", f"{address}: messages.{now.place}.role", what, "text")


def _name(message: _Message, among: Sequence[_Message]) -> str:
    if message.thread:
        return f"the conversation so far ({message.thread})"
    same = [each.place for each in among if each.role == message.role and not each.thread]
    if len(same) == 1:
        return f"the {message.role} message"
    return f"the {message.role} message {same.index(message.place) + 1} of {len(same)}"
