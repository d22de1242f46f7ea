"""One module per kind of artifact: a frozen dataclass that CLI and SDK share.

Fields have the names that people write in their files. Every field is behaviour unless it is marked `about`;
`promptctl.model.bundle` writes a body by these marks, `load` reads one back.
"""

from __future__ import annotations

import importlib
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

_CLASSES = {
    "prompt": "Prompt",
    "context_template": "ContextTemplate",
    "rag_config": "RagConfig",
    "index_manifest": "IndexManifest",
    "guardrail": "Guardrail",
    "tool_policy": "ToolPolicy",
    "oversight_policy": "OversightPolicy",
    "partial": "Partial",
    "eval_suite": "EvalSuite",
    "dataset": "Dataset",
}


@cache
def kind_class(kind: str) -> type[Any]:
    """Return the dataclass of a kind; its module is loaded on first use."""
    module = importlib.import_module(f"{__name__}.{kind}")
    return getattr(module, _CLASSES[kind])  # type: ignore[no-any-return]


def load(kind: str, body: Any) -> Any:
    """Return the typed artifact of a bundle's body. The bundle was checked when it was made: unknown keys
    (of a newer schema's optional fields) are left out, nothing is converted.
    """
    return build(kind_class(kind), body)


def build(annotation: Any, value: Any) -> Any:
    """Return the dataclass that `annotation` names, or the plain value, from plain JSON."""
    if isinstance(annotation, type) and is_dataclass(annotation):
        hints = _hints(annotation)
        names = [each.name for each in fields(annotation) if each.name in value]
        return annotation(**{name: build(hints[name], value[name]) for name in names})
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        return tuple(build(arguments[0], each) for each in value)
    if origin is dict:
        return {key: build(arguments[1], each) for key, each in value.items()}
    if origin in (Union, UnionType):
        typed = [each for each in arguments if is_dataclass(each)]
        return build(typed[0], value) if typed and isinstance(value, dict) else value
    return value


@cache
def _hints(annotation: Any) -> dict[str, Any]:
    return get_type_hints(annotation)
