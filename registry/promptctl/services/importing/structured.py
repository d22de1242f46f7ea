"""Configurations in YAML or JSON, read by the strict reader, with the place of every value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promptctl.core.limits import INTEGER_MAX, YAML_DEPTH
from promptctl.model.document import Document, Path, Place, is_deeper, nearest
from promptctl.model.findings import Finding
from promptctl.services.importing.imported import UNREADABLE
from promptctl.store import yaml_reader

_COLON = "found unexpected ':'"
_SCALAR = re.compile(r"(?<![^\s,\[\]{}])[^\s,\[\]{}:#\"'][^\s,\[\]{}:]*+(?::[^\s,\[\]{}:]++)++")
_MENDING_BYTES = 1 << 24
"""What is read again and again to put quotes round such texts: no more than so much in all."""


@dataclass(frozen=True, slots=True)
class Structured:
    """What a file says, and where."""

    value: Any
    places: Mapping[Path, Place]

    def place(self, *path: str | int) -> Place:
        """Return where the value at a path, or the nearest that holds it, stands."""
        return nearest(self.places, path)


def read_structured(data: bytes, path: str) -> tuple[Structured | None, tuple[Finding, ...]]:
    """Return what a file says, or None and at least one finding. `data` is UTF-8; `.json` is read as JSON."""
    document, findings = _read_yaml(data, path)
    if not path.lower().endswith(".json"):
        return (None, findings) if document is None else (Structured(document.value, document.places), ())
    try:
        value = _DECODER.decode(data.decode())
    except json.JSONDecodeError as error:
        return None, (_unreadable(path, f"not valid JSON: {error.msg.lower()}", error.lineno, error.colno),)
    except (ValueError, RecursionError) as error:
        return None, (_unreadable(path, f"not plain JSON: {error}"),)
    if is_deeper(value, YAML_DEPTH):
        return None, (_unreadable(path, f"nested deeper than {YAML_DEPTH} levels"),)
    # Nearly all JSON is YAML, whose reader knows the places.
    known = document is not None and document.value == value
    return Structured(value, document.places if document is not None and known else {}), ()


def _read_yaml(data: bytes, path: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """Return what YAML says. `[openai:gpt-4o]` is a text in YAML 1.2 that libyaml only takes in quotes."""
    document, findings = yaml_reader.read(data, path)
    budget_bytes = _MENDING_BYTES
    while document is None and findings[0].message.endswith(_COLON) and budget_bytes > 0:
        mended = _quoted(data, findings[0].line, findings[0].column)
        if mended is None:
            break
        budget_bytes -= len(data)
        data = mended
        document, findings = yaml_reader.read(data, path)
    return document, findings


def _quoted(data: bytes, line: int, column: int) -> bytes | None:
    """Return the text with quotes round the plain scalar that holds the colon there; None if it is none."""
    lines = data.decode().split("\n")
    text = lines[line - 1]
    scalar = next((each for each in _SCALAR.finditer(text) if each.start() < column <= each.end()), None)
    if scalar is None:
        return None
    quoted = json.dumps(scalar[0], ensure_ascii=False)
    lines[line - 1] = text[: scalar.start()] + quoted + text[scalar.end() :]
    return "\n".join(lines).encode()


def _unreadable(path: str, message: str, line: int = 0, column: int = 0) -> Finding:
    return Finding(path, line, column, UNREADABLE, message, "check the file with the tool that it is from")


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > INTEGER_MAX:
        raise ValueError("a whole number is at most 2^53−1")
    return int(text)


def _float(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError("numbers are finite")
    return float(text)


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_constant)
