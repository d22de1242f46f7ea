"""YAML as people write it: blocks, texts of several lines in full, what is short on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$./ -]*[A-Za-z0-9_./]|[A-Za-z_]")
_NOT_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WIDTH = 80


def yaml_text(document: Mapping[str, Any]) -> str:
    """Return a mapping as YAML 1.2 that YAML 1.1 reads alike; it holds plain JSON values."""
    return "".join(f"{_flow(key)}:{_block(value, 0)}" for key, value in document.items())


def _block(value: Any, depth: int) -> str:
    """Return a value as it stands behind its key's colon, with its line end."""
    indent = "  " * (depth + 1)
    if isinstance(value, Mapping) and not _is_short(value):
        below = (f"{indent}{_flow(key)}:{_block(each, depth + 1)}" for key, each in value.items())
        return "\n" + "".join(below)
    if isinstance(value, list) and not _is_short(value):
        return "\n" + "".join(f"{indent}-{_item(each, depth + 1)}" for each in value)
    if isinstance(value, str) and _is_literal(value):
        kept = "+" if value.endswith("\n\n") else "" if value.endswith("\n") else "-"
        lines = value.removesuffix("\n").split("\n")
        return f" |{kept}\n" + "".join(f"{indent}{line}\n" if line else "\n" for line in lines)
    return f" {_flow(value)}\n"


def _item(value: Any, depth: int) -> str:
    """Return an item of a list: the first key of a mapping stands beside the dash."""
    text = _block(value, depth)
    beside = isinstance(value, Mapping | list) and text.startswith("\n")
    return " " + text.removeprefix("\n" + "  " * (depth + 1)) if beside else text


def _is_short(value: Any) -> bool:
    """Say whether a collection holds nothing but plain values and fits on a line."""
    parts = value.values() if isinstance(value, Mapping) else value
    nested = any(isinstance(each, Mapping | list) and each for each in parts)
    return not nested and len(_flow(value)) <= _WIDTH


def _is_literal(text: str) -> bool:
    """Say whether a text can stand as it is: its first line shows how far it is indented."""
    return "\n" in text and not (_HIDDEN.search(text) or text.startswith((" ", "\n", "\t")))


def _flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _HIDDEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", quoted)
