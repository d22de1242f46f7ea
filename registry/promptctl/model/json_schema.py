"""JSON Schema of what people write, made from the dataclasses that validation uses.

Draft 2020-12 (https://json-schema.org/draft/2020-12). A schema allows what reading allows, but for what JSON
Schema cannot say: that 1.0 is no whole number, and that two values do not fit each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from promptctl.core.limits import NAME_LENGTH
from promptctl.core.names import FOLDERS, JUDGES

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
BASE = "https://promptctl.dev/schemas/v1/"
"""Begins the `$id` of every schema: a name that stays, not an address to fetch."""

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}
_NOT_NULL = ["string", "number", "boolean", "array", "object"]
# The end of the text: in some languages `$` matches before a line end too.
_END = r"$(?!\n)"
_SEGMENT = r"(?!v[0-9]+(\.[0-9]+)*(/|$))(?!(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|/|$))[a-z0-9][a-z0-9._-]*"
_NAME = rf"(?!.*\.\.)(?!.*\.(lock)?(/|$)){_SEGMENT}(/{_SEGMENT})*{_END}"
"""The names that `promptctl.core.names.name_problem` allows, but for their length."""


def schema_of(cls: Any, name: str, about: str, describe: Callable[[Any, str], str]) -> Schema:
    """Return the JSON Schema of the files of a dataclass, whose `$id` ends in `name`.

    `describe` returns what a field of a class is for; with an empty name, what the class is.
    """
    walk = _Walk(describe)
    top = walk.keys(cls)
    head = {
        "$schema": DRAFT,
        "$id": f"{BASE}{name}.json",
        "title": name.replace("_", " "),
        "description": about,
    }
    return head | top | ({"$defs": dict(sorted(walk.classes.items()))} if walk.classes else {})


class _Walk:
    """Follows types to their classes, each of which becomes one entry of `$defs`."""

    def __init__(self, describe: Callable[[Any, str], str]) -> None:
        self.describe = describe
        self.classes: dict[str, Schema] = {}

    def keys(self, cls: Any) -> Schema:
        """Return the schema of a mapping whose keys are the fields of a dataclass."""
        declared = dict(_keys(cls))
        required = [
            key for key, each in declared.items() if each.default is MISSING and _has_no_factory(each)
        ]
        hints = get_type_hints(cls)
        return {
            "type": "object",
            "properties": {key: self.key(cls, each, hints[each.name]) for key, each in declared.items()},
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }

    def key(self, cls: Any, declared: Field[Any], annotation: Any) -> Schema:
        """Return the schema of one key."""
        said = self.describe(cls, declared.name)
        kind = declared.metadata.get("reference")
        if kind:
            said = f"{said} {_names_what(declared.metadata)}"
        schema = self.value(annotation, declared.metadata)
        return schema | {"description": said} | _default(declared)

    def value(self, annotation: Any, marks: Mapping[str, Any]) -> Schema:
        """Return the schema of a value; marks are those of its field, and hold for what it contains."""
        origin, arguments = get_origin(annotation), get_args(annotation)
        if is_dataclass(annotation):
            return self.reference(annotation)
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is tuple:
            return {"type": "array", "items": self.value(arguments[0], marks)}
        if origin is dict:
            inner = {} if arguments[1] is Any else self.value(arguments[1], marks)
            return {"type": "object"} | ({"additionalProperties": inner} if inner else {})
        if origin in (Union, UnionType):
            members = [each for each in arguments if each is not type(None)]
            return self.value(members[0], marks) if len(members) == 1 else {"type": _names_of(members)}
        if annotation is Any:
            return {} if marks.get("null", True) else {"type": _NOT_NULL}
        return {"type": _TYPES[annotation]} | _bounds(marks) | _pattern(marks)

    def reference(self, cls: Any) -> Schema:
        name = cls.__name__
        if name not in self.classes:
            self.classes[name] = {}  # stands for itself while its own keys lead back to it
            self.classes[name] = {"description": self.describe(cls, "")} | self.keys(cls)
        return {"$ref": f"#/$defs/{name}"}


def _keys(cls: Any) -> Iterator[tuple[str, Field[Any]]]:
    """Yield the keys of the file and their fields; the body of a Markdown file is no key."""
    written = {field: key for key, field in getattr(cls, "KEYS", {}).items()}
    for each in fields(cls):
        if each.name != getattr(cls, "BODY", ""):
            yield written.get(each.name, each.name), each


def _has_no_factory(declared: Field[Any]) -> bool:
    return declared.default_factory is MISSING


def _default(declared: Field[Any]) -> Schema:
    """Return the default, where it says something: an empty one is absence."""
    value = declared.default
    return {} if value is MISSING or value in (None, "", ()) else {"default": value}


def _names_of(types: list[Any]) -> list[str]:
    names = [_TYPES[each] for each in types]
    return [each for each in names if each != "integer" or "number" not in names]


def _bounds(marks: Mapping[str, Any]) -> Schema:
    least, most = marks.get("bounds", (None, None))
    return ({} if least is None else {"minimum": least}) | ({} if most is None else {"maximum": most})


def _names_what(marks: Mapping[str, Any]) -> str:
    folder = JUDGES if "judge" in marks else f"{FOLDERS[marks['reference']]}/"
    return f"An address in {folder}." if "address" in marks else f"A name in {folder}, without the extension."


def _pattern(marks: Mapping[str, Any]) -> Schema:
    """Return which texts can name an artifact of the field's kind."""
    if "reference" not in marks:
        return {}
    folder = f"{FOLDERS[marks['reference']]}/"
    if "address" in marks:
        judges = f"(?!{re.escape(JUDGES)})" if marks["reference"] == "prompt" else ""
        return {"pattern": f"^{judges}{folder}{_NAME}", "maxLength": len(folder) + NAME_LENGTH}
    if "judge" in marks:
        judges = JUDGES.removeprefix(folder)
        return {"pattern": f"^(?={judges}){_NAME}", "maxLength": NAME_LENGTH}
    return {"pattern": f"^(?!{folder}){_NAME}", "maxLength": NAME_LENGTH}
