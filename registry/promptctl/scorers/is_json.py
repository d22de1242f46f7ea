"""`is-json`: the answer is JSON; with a JSON Schema as value, such JSON."""

from __future__ import annotations

import json
from typing import Any

from promptctl.scorers.answer import Answer, Check

NO_JSON = object()


def make(value: Any, _threshold: float | None) -> Check:
    """Read the whole answer strictly. A schema reaches nothing outside itself: no reference is fetched."""
    if value is None:
        return lambda answer: read_json(answer.text) is not NO_JSON
    if not isinstance(value, dict | bool):
        raise ValueError("needs a JSON Schema, which is a mapping, as its value")
    validator = _validator(value)

    def check(answer: Answer) -> bool:
        found = read_json(answer.text)
        return found is not NO_JSON and _is_valid(validator, found)

    return check


def read_json(text: str) -> Any:
    """Return what the text says as JSON, or `NO_JSON`."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NO_JSON


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _validator(schema: Any) -> Any:
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"has a schema that is none: {error.message}") from error
    return kind(schema, registry=Registry(), format_checker=kind.FORMAT_CHECKER)


def _is_valid(validator: Any, found: Any) -> bool:
    from referencing.exceptions import Unresolvable

    try:
        return bool(validator.is_valid(found))
    except (Unresolvable, RecursionError):
        return False
