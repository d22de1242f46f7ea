"""Datasets as JSON lines, read strictly: what JSON leaves open is refused (https://www.rfc-editor.org/rfc/rfc8259)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from promptctl.core.limits import INTEGER_MAX, YAML_DEPTH
from promptctl.model.document import Document, Place, is_deeper
from promptctl.model.findings import Finding


class _Refused(ValueError):  # noqa: N818 - control flow inside this module, never seen outside
    """Valid JSON that two readers may understand in two ways."""


def read(data: bytes, path: str) -> Iterator[tuple[int, Document | Finding]]:
    """Yield (line, what it says) for every line of valid UTF-8 that is not blank; lines end with LF only."""
    for number, line in enumerate(data.decode().split("\n"), start=1):
        if line.strip(" \t\r"):
            yield number, _line(line, number, path)


def _line(text: str, number: int, path: str) -> Document | Finding:
    try:
        value = _DECODER.decode(text)
        if is_deeper(value, YAML_DEPTH):
            raise _Refused(f"nested deeper than {YAML_DEPTH} levels")
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        return Finding(path, number, error.pos + 1, "PC017", message, "one JSON object a line")
    except _Refused as error:
        return Finding(path, number, 1, "PC017", str(error), "one JSON object a line")
    except RecursionError:
        return Finding(
            path, number, 1, "PC017", f"nested deeper than {YAML_DEPTH} levels", "flatten the case"
        )
    return Document(path, value, {(): Place(number, 1)})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"the key {json.dumps(twice)} is here twice")
    return value


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > INTEGER_MAX:
        raise _Refused("a number is out of range: whole numbers are at most 2^53−1")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Refused("a number is out of range: numbers are finite")
    return number


def _constant(text: str) -> Any:
    raise _Refused(f"{text} is no JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
