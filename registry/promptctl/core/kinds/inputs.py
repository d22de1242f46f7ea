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
    description: str = field(default="", metadata=ABOUT)
    required: bool = False
    enumValues: tuple[str | int | float, ...] = ()
    items: Value | None = None
    properties: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """What the caller gives. `default` is used where the caller gives nothing."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    kind: InputKind
    description: str = field(default="", metadata=ABOUT)
    required: bool = False
    default: Any = field(default=None, metadata=SOME_VALUE)
    enumValues: tuple[str | int | float, ...] = ()
    items: Value | None = None
    properties: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """A field of the structured answer. Its description is sent to the model, so it is behaviour."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    kind: ValueKind
    description: str = ""
    required: bool = False
    enumValues: tuple[str | int | float, ...] = ()
    items: Output | None = None
    properties: dict[str, Output] = field(default_factory=dict)
