"""Inputs of prompts and context templates, and outputs of prompts: Prompty's properties."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, SOME_VALUE

InputKind = Literal["string", "integer", "float", "boolean", "array", "object", "thread"]
ValueKind = Literal["string", "integer", "float", "boolean", "array", "object"]


@dataclass(frozen=True)
class Value:
    """The shape of a JSON value: an item of an array or a property of an object."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    kind: ValueKind
    """The kind of value."""
    description: str = field(default="", metadata=ABOUT)
    required: bool = False
    """Whether it must be there."""
    enumValues: tuple[str | int | float, ...] = ()
    """The only values that are allowed."""
    items: Value | None = None
    """The shape of each item of an array."""
    properties: dict[str, Value] = field(default_factory=dict)
    """The properties of an object, by name."""


@dataclass(frozen=True)
class Input:
    """What the caller gives. `default` is used where the caller gives nothing."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    kind: InputKind
    """The kind of value; a `thread` is the conversation so far."""
    description: str = field(default="", metadata=ABOUT)
    required: bool = False
    """Whether the application must give it."""
    default: Any = field(default=None, metadata=SOME_VALUE)
    """What is used where the application gives nothing."""
    enumValues: tuple[str | int | float, ...] = ()
    """The only values that are allowed."""
    items: Value | None = None
    """The shape of each item of an array."""
    properties: dict[str, Value] = field(default_factory=dict)
    """The properties of an object, by name."""
    trust: Literal["author", "end_user"] = "author"
    """Who writes the value; one of an `end_user` is escaped against the delimiters around it."""


@dataclass(frozen=True)
class Output:
    """A field of the structured answer. Its description is sent to the model, so it is behaviour."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    kind: ValueKind
    """The kind of value."""
    description: str = ""
    """What it says; the model reads this."""
    required: bool = False
    """Whether every answer has it."""
    enumValues: tuple[str | int | float, ...] = ()
    """The only values that are allowed."""
    items: Output | None = None
    """The shape of each item of an array."""
    properties: dict[str, Output] = field(default_factory=dict)
    """The properties of an object, by name."""
