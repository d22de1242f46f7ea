"""The filters of a RAG config name fields that the index has, with values of their types.

A manifest that lists no fields says nothing about them, and neither does this rule. Types are written as the
product of the index calls them; one that is not known here is compared with nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.names import address_of
from promptctl.core.suggest import did_you_mean, nearest
from promptctl.model.document import Path, shown
from promptctl.model.registry import Artifact, Registry

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_JOINING = ("$and", "$or")
_LISTS = ("in", "nin")
_SINGLE = ("eq", "ne", "gt", "gte", "lt", "lte", "contains")
_OPERATORS = (*_SINGLE, *_LISTS, "exists")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return _is_number(value) or (_is_text(value) and _DATE.fullmatch(value) is not None)


_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("string", "keyword", "text", "varchar", "uuid"), ("text", _is_text)),
    **dict.fromkeys(("integer", "int", "bigint", "smallint"), ("a whole number", _is_whole)),
    **dict.fromkeys(("float", "number", "double", "real", "numeric"), ("a number", _is_number)),
    **dict.fromkeys(("boolean", "bool"), ("true or false", _is_truth)),
    **dict.fromkeys(("datetime", "date", "timestamp", "timestamptz"), ("a date: 2026-11-20", _is_date)),
}


def _find(config: Artifact, registry: Registry) -> Iterator[Problem]:
    if config.value.index is None or not config.value.retrieval.filters:
        return
    index = registry.artifacts.get(address_of("index_manifest", config.value.index))
    if index is not None and index.value.fields:
        yield from _of_filter(config, index, ("retrieval", "filters"), config.value.retrieval.filters)


def _of_filter(config: Artifact, index: Artifact, path: Path, said: Any) -> Iterator[Problem]:
    if not isinstance(said, dict):
        yield at(config, path, "a filter is a mapping of fields", "write {FIELD: VALUE}")
        return
    for name, wanted in said.items():
        here = (*path, name)
        if name in _JOINING:
            yield from _joined(config, index, here, wanted)
        elif name == "$not":
            yield from _of_filter(config, index, here, wanted)
        elif name not in index.value.fields:
            close = nearest(name, index.value.fields)
            add = "add it to `fields` there, if chunks are stored with it"
            hint = f"did you mean {close}? Otherwise {add}" if close else add
            yield at(config, here, f"{index.path} has no field `{name}`", hint)
        else:
            yield from _of_field(config, here, index.value.fields[name], wanted)


def _joined(config: Artifact, index: Artifact, path: Path, said: Any) -> Iterator[Problem]:
    if not isinstance(said, list):
        yield at(config, path, f"`{path[-1]}` joins a list of filters", f"write {path[-1]}: [{{…}}, {{…}}]")
        return
    for number, each in enumerate(said):
        yield from _of_filter(config, index, (*path, number), each)


def _of_field(config: Artifact, path: Path, kind: str, wanted: Any) -> Iterator[Problem]:
    """A value alone, one of a list, or a mapping of operators."""
    field = _Field(str(path[-1]), kind)
    operators = wanted if isinstance(wanted, dict) else {"in" if isinstance(wanted, list) else "eq": wanted}
    for name, value in operators.items():
        here = (*path, name) if operators is wanted else path
        bare = name.removeprefix("$")
        if bare not in _OPERATORS:
            yield at(
                config, here, f"there is no operator `{name}`", did_you_mean(bare, _OPERATORS, "operators")
            )
        elif bare == "exists":
            if not _is_truth(value):
                yield at(config, here, f"`{name}` is true or false", f"write {name}: true")
        elif bare in _SINGLE:
            yield from _of_value(config, here, field, value)
        elif isinstance(value, list):
            for each in value:
                yield from _of_value(config, here, field, each)
        else:
            yield at(config, here, f"`{name}` compares with a list", f"write {name}: [{_written(value)}]")


class _Field(NamedTuple):
    name: str
    kind: str


def _of_value(config: Artifact, path: Path, field: _Field, value: Any) -> Iterator[Problem]:
    if isinstance(value, dict | list) or value is None:
        yield at(config, path, "a field is compared with one value", "write text, a number, true or false")
        return
    expected, fits = _TYPES.get(field.kind.lower(), ("", None))
    if fits is not None and not fits(value):
        said = f'the text "{shown(value)}"' if isinstance(value, str) else _written(value)
        kind = expected.partition(":")[0]
        message = f"the field `{field.name}` is {kind} in the index, and never {said}"
        yield at(config, path, message, f"write {expected}")


def _written(value: Any) -> str:
    """Return a value as YAML writes it, in short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown(value) if isinstance(value, str) else f"{value}" if _is_number(value) else "…"


RULE = Rule(
    "PC131",
    "filters name fields of the index, with values of their types",
    kinds=("rag_config",),
    find=_find,
)
