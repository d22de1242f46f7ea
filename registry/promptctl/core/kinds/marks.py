"""What a field of a kind is: the marks that the bundle's writer and the reference graph read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

FORBID_UNKNOWN_KEYS: dict[str, Any] = {"extra": "forbid"}
"""The `__pydantic_config__` of every dataclass that people write."""

ABOUT = MappingProxyType({"about": True})
"""Says something about the artifact and shapes no behaviour: stays out of the bundle."""

SET = MappingProxyType({"set": True})
"""A set: order means nothing, so the bundle has it sorted and unique."""

VALUE = MappingProxyType({"value": True})
"""A JSON value taken as it is: an empty list or map says something there."""

SOME_VALUE = MappingProxyType({"value": True, "null": False})
"""A JSON value as in `VALUE`, where null would say nothing: it is refused."""


def reference(kind: str, **marks: Any) -> MappingProxyType[str, Any]:
    """Mark a field that names an artifact, or a list of artifacts, of `kind`."""
    return MappingProxyType({"reference": kind, **marks})


def bounds(least: float | None = None, most: float | None = None) -> MappingProxyType[str, Any]:
    """Mark a number that has bounds, both inclusive; in a list or mapping each of its numbers."""
    return MappingProxyType({"bounds": (least, most)})


def forbid_unknown_keys(keys: Mapping[str, str]) -> dict[str, object]:
    """Return the `__pydantic_config__` of a dataclass whose keys are called otherwise than its fields.

    `keys` has the field of each of them, and is the `KEYS` of the class.
    """
    names = {field: key for key, field in keys.items()}
    return {**FORBID_UNKNOWN_KEYS, "alias_generator": lambda field: names.get(field, field)}
