"""What a file says becomes the frozen dataclass of its kind, or findings in our words.

pydantic checks; its messages stay inside this module. It reads JSON in strict mode, where lists and mappings
convert and scalars do not (`"7"` is never 7).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from itertools import islice
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from promptctl.checks import (
    allowed_words,
    missing_keys,
    unknown_keys,
    unquoted_texts,
    value_bounds,
    value_types,
)
from promptctl.checks.rule import Refusal
from promptctl.core import durations
from promptctl.core.shorthands import written_out
from promptctl.core.suggest import did_you_mean
from promptctl.model.document import Document, Path, shown, spelled
from promptctl.model.findings import FINDINGS_PER_FILE, Finding
from promptctl.model.marks import marked

T = TypeVar("T")

_FREE = frozenset(("metadata", "filters"))
"""Keys below which people put what they like: numbers there are as often names."""
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "dataclass_type": "a mapping",
    "tuple_type": "a list",
}
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


def validate(cls: type[T], document: Document) -> tuple[T | None, tuple[Finding, ...]]:
    """Return the dataclass that the document describes, or None and at least one finding.

    Keys of the file have the names of the fields, but for those in the class's `KEYS`; the field of a
    Markdown body, `BODY`, is no key. An empty document is one without keys; a key with nothing after it is
    not one that was left out, so null is only a value where any JSON value is.
    """
    from pydantic import ValidationError

    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        message = f"expected keys and values, found {_found(value)}"
        return None, (_finding(document, (), missing_keys.RULE, message, "give keys with values"),)
    kind: Any = cls
    body = getattr(kind, "BODY", "")
    written = {key: each for key, each in value.items() if key != body}
    text = b""
    try:
        text = _JSON.encode(written).encode()
        checked = _adapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        del problems[FINDINGS_PER_FILE:]
        found = [_explain(cls, document, each["loc"], each["type"]) for each in problems]
    except UnicodeEncodeError:
        return None, (
            _finding(
                document, (), value_types.RULE, "text holds half of a surrogate pair", "fix the \\u escape"
            ),
        )
    else:
        found = list(_out_of_bounds(checked, document))
    if b"null" in text:  # most files hold none, and need no walk
        found += [_no_value(cls, document, path) for path in islice(_nulls(cls, written), FINDINGS_PER_FILE)]
    if body in value:
        found.append(_unknown_key(cls, document, (body,)))
    return (None, _unique(found)) if found else (checked, ())


def validate_lines(cls: type[T], lines: Sequence[str]) -> Sequence[T] | None:
    """Return what `validate` returns of many lines of strict JSON, in one go.

    None where one of them is not plainly right: `validate` has to look at each.
    """
    from pydantic import ValidationError

    one: Any = cls
    kind: Any = tuple[one, ...]
    text = f"[{','.join(lines)}]"
    if "null" in text:
        return None
    try:
        checked: Sequence[T] = _adapter(kind).validate_json(text.encode(), strict=True)
    except (ValidationError, UnicodeEncodeError):
        return None
    bounded = (each for value in checked for each in marked(value, "bounds"))
    return None if any(bounded) else checked


def unquoted(cls: type[Any], document: Document) -> Iterator[Finding]:
    """Yield where anything may stand and a number loses how it was written: `1.10`, `0755`, `1e3`."""
    for path, plain in document.plain.items():
        is_version = "version" in str(path[-1:]).lower()
        if not is_version and _FREE.isdisjoint(path):
            continue
        _, value = _walk(document.value, path)
        if isinstance(value, bool) or not isinstance(value, int | float) or _is_typed(_annotation(cls, path)):
            continue
        if plain != str(value) or (is_version and isinstance(value, float)):
            said = int(value) if value == int(value) else value
            message = f"`{spelled(path)}` is the number {said}, written {shown(plain)}"
            yield _finding(
                document, path, unquoted_texts.RULE, message, f'put it in quotes: "{shown(plain)}"'
            )


@cache
def _adapter(cls: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def _out_of_bounds(value: Any, document: Document) -> Iterator[Finding]:
    for each in marked(value, "bounds"):
        least, most = each.marks["bounds"]
        if (least is None or each.value >= least) and (most is None or each.value <= most):
            continue
        allowed = f"from {least} to {most}" if most is not None else f"at least {least}"
        found = document.plain.get(each.path, each.value)
        message = f"`{spelled(each.path)}` must be {allowed}, found {found}"
        yield _finding(document, each.path, value_bounds.RULE, message)


def _unique(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One value that fits no member of a union is one finding."""
    return tuple(dict.fromkeys(found))


def _explain(cls: type[Any], document: Document, location: Path, problem: str) -> Finding:
    """Return the finding for one of pydantic's errors."""
    if problem == "unexpected_keyword_argument":
        return _unknown_key(cls, document, location)
    if problem == "missing":
        path, key = location[:-1], location[-1]
        where = f" in {spelled(path)}" if path else ""
        return _finding(
            document, path, missing_keys.RULE, f"the key `{key}` is missing{where}", f"add `{key}: …`"
        )
    path, value = _walk(document.value, location)
    if value is None:
        return _no_value(cls, document, path)
    annotation = _annotation(cls, path)
    if problem == "literal_error":
        return _not_one_of(document, path, value, get_args(annotation))
    in_union = len(path) < len(location)
    expected = "text or a number" if in_union else _EXPECTED.get(problem, "another value")
    message = f"`{spelled(path)}` must be {expected}, found {_found(value)}"
    return _finding(document, path, value_types.RULE, message, _type_hint(document, path, expected, value))


def _nulls(cls: Any, value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of the file at which a type, and not any JSON value, is expected and nothing stands.

    `cls` is that of the value: a dataclass, or the type of a mapping or list.
    """
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for step, each in items:
        annotation = _inner(cls, step)
        if each is None and (_is_typed(annotation) or _marks(cls, step).get("null") is False):
            yield (*path, step)
        elif _is_typed(annotation):
            yield from _nulls(annotation, each, (*path, step))


def _is_typed(annotation: Any) -> bool:
    return annotation is not None and annotation is not Any


def _no_value(cls: type[Any], document: Document, path: Path) -> Finding:
    holder, annotation = _annotation(cls, path[:-1]), _annotation(cls, path)
    instead = "give it a value"
    if get_origin(annotation) is Literal:
        instead = f"write {_one_of([str(each) for each in get_args(annotation)])}"
    elif get_origin(annotation) in (dict, tuple):
        instead = f"write {'{}' if get_origin(annotation) is dict else '[]'} for none"
    elif is_dataclass(annotation) and not any(_is_required(each) for each in fields(annotation)):
        instead = "write {} for the defaults"
    declared = _field(holder, path[-1])
    may_go = declared is not None and not _is_required(declared)
    hint = f"{instead}, or leave it out" if may_go else instead
    return _finding(document, path, value_types.RULE, f"`{spelled(path)}` has no value", hint)


def _is_required(declared: Field[Any]) -> bool:
    return declared.default is MISSING and declared.default_factory is MISSING


def _marks(annotation: Any, step: str | int) -> Mapping[str, Any]:
    declared = _field(annotation, step)
    return declared.metadata if declared else {}


def _field(annotation: Any, step: str | int) -> Field[Any] | None:
    """Return the field of a dataclass that a key of the file names."""
    annotation = _not_none(annotation)
    if not is_dataclass(annotation):
        return None
    keys: Mapping[str, str] = getattr(annotation, "KEYS", {})
    name = keys.get(str(step), str(step))
    return next((each for each in fields(annotation) if each.name == name), None)


def _unknown_key(cls: type[Any], document: Document, path: Path) -> Finding:
    known = _keys_of(_annotation(cls, path[:-1]))
    return _finding(
        document,
        path,
        unknown_keys.RULE,
        f"unknown key `{spelled(path)}`",
        did_you_mean(str(path[-1]), known, "known keys"),
    )


def _not_one_of(document: Document, path: Path, value: Any, options: tuple[Any, ...]) -> Finding:
    words = [str(each) for each in options]
    message = f"`{spelled(path)}` must be {_one_of(words)}, found {_found(value)}"
    return _finding(
        document, path, allowed_words.RULE, message, did_you_mean(str(value), words, "write one of")
    )


def _finding(document: Document, path: Path, rule: Refusal, message: str, hint: str = "") -> Finding:
    return rule.at(document.path, document.place(path), message, hint)


_DURATIONS = frozenset(("soak", "max_age", "expires_in"))


def _type_hint(document: Document, path: Path, expected: str, value: Any) -> str:
    plain = document.plain.get(path)
    if expected == "text" and plain and _DURATIONS.intersection(path[-1:]):
        return f"say it with its unit: {plain}s" if type(value) is int else durations.HINT
    if expected == "text" and plain:
        return f'put it in quotes: "{plain}"'
    if expected == "a list" and isinstance(value, str):
        return f"write a list: [{value}]"
    if expected == "text" and isinstance(value, list):
        return "write one text, without brackets"
    if expected.endswith("number") and isinstance(value, str):
        return "write the number without quotes" if _NUMBER.fullmatch(value) else "write a number, in digits"
    if expected == "true or false" and isinstance(value, str):
        return "write true or false, without quotes"
    return written_out(path, value) if expected == "a mapping" else ""


def _found(value: Any) -> str:
    """Say in YAML's words what a value is."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {json.dumps(shown(value), ensure_ascii=False)}"
    return "a list" if isinstance(value, list) else "a mapping"


def _one_of(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _walk(value: Any, location: Iterable[Any]) -> tuple[Path, Any]:
    """Return the part of a location that stands in the value (pydantic adds the members of unions)."""
    path: Path = ()
    for each in location:
        if not (isinstance(value, dict) and each in value) and not (
            isinstance(value, list) and isinstance(each, int) and each < len(value)
        ):
            break
        value = value[each]
        path = (*path, each)
    return path, value


def _annotation(cls: type[Any], path: Path) -> Any:
    """Return the type of what stands at a path of the file."""
    annotation: Any = cls
    for each in path:
        annotation = _inner(annotation, each)
    return _not_none(annotation)


def _inner(annotation: Any, step: str | int) -> Any:
    annotation = _not_none(annotation)
    if is_dataclass(annotation):
        cls: Any = annotation
        keys: Mapping[str, str] = getattr(cls, "KEYS", {})
        return _hints(cls).get(keys.get(str(step), str(step)))
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[1]
    return arguments[0] if get_origin(annotation) is tuple else None


def _not_none(annotation: Any) -> Any:
    """Return the type of an optional value."""
    if get_origin(annotation) in (Union, UnionType):
        return next(each for each in get_args(annotation) if each is not type(None))
    return annotation


def _keys_of(annotation: Any) -> list[str]:
    if not is_dataclass(annotation):
        return []
    names = {field: key for key, field in getattr(annotation, "KEYS", {}).items()}
    body = getattr(annotation, "BODY", "")
    return [names.get(each.name, each.name) for each in fields(annotation) if each.name != body]


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)
