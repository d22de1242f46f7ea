"""Inputs: what a caller gives, checked against what is declared and copied to plain JSON.

Declarations are the `inputs` of a body in a bundle. They are compiled once into one closure per input.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from promptctl.core.limits import INTEGER_MAX
from promptctl.core.suggest import did_you_mean
from promptctl.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Check: TypeAlias = Callable[[Any], Any]

THREAD_ROLES = ("user", "assistant", "tool")
_DEPTH = 32
_LISTED = 20


class Inputs:
    """The declared inputs of a prompt or template."""

    def __init__(self, declared: Mapping[str, Mapping[str, Any]]) -> None:
        self._checks = {name: _check_of(name, spec) for name, spec in declared.items()}
        self._required = [name for name, spec in declared.items() if spec.get("required")]
        self._defaults = {name: spec["default"] for name, spec in declared.items() if "default" in spec}
        self._defaults |= {name: [] for name, spec in declared.items() if spec["kind"] == "thread"}

    def accept(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values to render with: plain JSON copies, defaults filled in.

        Raise `InputError` for an unknown name, a missing required one or a value of another kind.
        """
        checks = self._checks
        values = dict(self._defaults)
        for name, value in given.items():
            if name not in checks:
                raise self._unknown(name)
            check = checks[name]
            if check is None:
                values[name] = value if type(value) is str else _text(value, name)
            else:
                values[name] = check(value)
        for name in self._required:
            if name not in values:
                raise InputError(f"input {name!r} is required and was not given", hint=f"give {name}=…")
        return values

    def _unknown(self, name: object) -> InputError:
        hint = did_you_mean(str(name), self._checks, "declared") or "declared: none"
        return InputError(f"input {name!r} is not declared", hint=hint)


def _check_of(name: str, spec: Mapping[str, Any]) -> Check | None:
    """None stands for plain text, which needs no call on the hot path."""
    if spec["kind"] == "thread":
        return _thread
    copy = _copier(spec)

    def check(value: Any) -> Any:
        try:
            return copy(value) if copy else value
        except (_UnusualError, InputError):
            plain = plain_json(value, name)
            _conform(plain, spec, name)
            return plain

    return check if copy else None


class _UnusualError(Exception):
    """A value is wrong, or right in a way that only the thorough check sees (a tuple, another mapping)."""


def _copier(spec: Mapping[str, Any]) -> Check | None:
    """Return what copies a value of exactly this shape and raises `_UnusualError` for any other.

    None stands for plain text. This is the hot path: it builds no words for an error that may not come.
    """
    kind, allowed = spec["kind"], frozenset(spec.get("enumValues", ()))
    if kind == "array":
        return _array_copier(_copier(spec["items"])) if "items" in spec else _free_copier(list)
    if kind == "object":
        properties = spec.get("properties", {})
        required = [name for name, each in properties.items() if each.get("required")]
        return _object_copier({name: _copier(each) for name, each in properties.items()}, required)
    if kind == "string" and not allowed:
        return None
    is_kind = _IS_KIND[kind]

    def copy(value: Any) -> Any:
        if not is_kind(value) or (allowed and value not in allowed):
            raise _UnusualError
        return value if kind == "string" else _number(value, "")

    return copy


def _free_copier(exact: type) -> Check:
    def copy(value: Any) -> Any:
        if type(value) is not exact:
            raise _UnusualError
        return plain_json(value, "")

    return copy


def _array_copier(item: Check | None) -> Check:
    def copy(value: Any) -> Any:
        if type(value) is not list:
            raise _UnusualError
        if item is not None:
            return [item(each) for each in value]
        for each in value:
            if type(each) is not str:
                raise _UnusualError
        return value.copy()

    return copy


def _object_copier(properties: Mapping[str, Check | None], required: list[str]) -> Check:
    declared = properties.get

    def copy(value: Any) -> Any:
        if type(value) is not dict:
            raise _UnusualError
        copied = value.copy()
        for name, each in value.items():
            if type(each) is not str or type(name) is not str or declared(name) is not None:
                copied[name] = _property(properties, name, each)
        for name in required:
            if name not in copied:
                raise _UnusualError
        return copied

    return copy


def _property(properties: Mapping[str, Check | None], name: Any, value: Any) -> Any:
    if type(name) is not str:
        raise _UnusualError
    if name not in properties:
        return plain_json(value, "", depth=1)
    copy = properties[name]
    if copy is None:
        raise _UnusualError
    return copy(value)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name}: expected string, got {_word(value)}")
    # Not str(value): that would call a method of the caller's class.
    return str.__str__(value)


def _thread(value: Any) -> list[dict[str, Any]]:
    messages = plain_json(value, "thread")
    if not isinstance(messages, list):
        raise InputError(f"a thread is a list of messages, got {_word(value)}")
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in THREAD_ROLES:
            raise InputError(
                f"each message of a thread has a role of {', '.join(THREAD_ROLES)}: got {message!r}"
            )
        if "content" not in message:
            raise InputError(f"a message of a thread has no content: {message!r}")
    return messages


def _conform(value: Any, spec: Mapping[str, Any], where: str) -> None:
    kind = spec["kind"]
    if not _IS_KIND[kind](value):
        raise InputError(f"{where}: expected {kind}, got {_word(value)}")
    allowed = spec.get("enumValues")
    if allowed and value not in allowed:
        more = ", …" if len(allowed) > _LISTED else ""
        listed = ", ".join(map(str, allowed[:_LISTED]))
        raise InputError(f"{where}: {value!r} is not one of {listed}{more}")
    if kind == "array" and "items" in spec:
        for index, item in enumerate(value):
            _conform(item, spec["items"], f"{where}[{index}]")
    for name, each in spec.get("properties", {}).items() if kind == "object" else ():
        if name in value:
            _conform(value[name], each, f"{where}.{name}")
        elif each.get("required"):
            raise InputError(f"{where}.{name} is required and was not given")


def plain_json(value: Any, where: str, depth: int = 0) -> Any:
    """Return a copy made of exact `str int float bool list dict` only, so that nothing of the caller's is
    called or changed while rendering; raise `InputError` naming the place of anything else.
    """
    kind = type(value)
    if kind is str or kind is bool:
        return value
    if kind is int or kind is float:
        return _number(value, where)
    if depth >= _DEPTH:
        raise InputError(f"{where}: nested deeper than {_DEPTH}")
    if isinstance(value, Mapping):
        return {
            _key(key, where): plain_json(each, f"{where}.{key}", depth + 1) for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain_json(each, f"{where}[{index}]", depth + 1) for index, each in enumerate(value)]
    if isinstance(value, str):
        return _text(value, where)
    if value is None and depth:
        return None
    raise InputError(
        f"{where}: {_word(value)} is not plain JSON", hint="give text, numbers, lists or mappings"
    )


def _number(value: float, where: str) -> float:
    if type(value) is int and abs(value) > INTEGER_MAX:
        raise InputError(f"{where}: whole numbers reach from -(2^53-1) to 2^53-1", hint="give it as text")
    if type(value) is float and not math.isfinite(value):
        raise InputError(f"{where}: {value} is no JSON number")
    return value


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise InputError(f"{where}: the keys of an object are text, got {_word(key)}")
    return str.__str__(key)


def _word(value: Any) -> str:
    return "null" if value is None else type(value).__name__


_IS_KIND: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: type(value) is str,
    "integer": lambda value: type(value) is int,
    "float": lambda value: type(value) in (int, float),
    "boolean": lambda value: type(value) is bool,
    "array": lambda value: type(value) is list,
    "object": lambda value: type(value) is dict,
}
