"""Datasets as JSON lines, read strictly: what JSON leaves open is refused (https://www.rfc-editor.org/rfc/rfc8259)."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from promptctl.checks.dataset_lines import RULE
from promptctl.core.limits import DATASET_LINES, INTEGER_MAX, YAML_DEPTH
from promptctl.model.document import Document, Place, is_deeper, shown
from promptctl.model.findings import Finding

_AS_TEXT = "put it in quotes if it is text"


class _Refused(ValueError):  # noqa: N818 - control flow inside this module, never seen outside
    """Valid JSON that two readers may understand in two ways."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def read(data: bytes, path: str) -> Iterator[tuple[int, Document | Finding]]:
    """Yield (line, what it says) for every line of valid UTF-8 that is not blank; lines end with LF only."""
    for number, line in enumerate(data.decode().split("\n"), start=1):
        if number > DATASET_LINES:
            message = f"more than {DATASET_LINES:,} lines"
            yield number, RULE.at(path, Place(number, 1), message, "divide the dataset into several")
            return
        if line.strip(" \t\r"):
            yield number, _line(line, number, path)


def _line(text: str, number: int, path: str) -> Document | Finding:
    try:
        value = _DECODER.decode(text)
        # Counting is ten times as fast as looking, and enough for nearly all.
        if text.count("{") + text.count("[") > YAML_DEPTH and is_deeper(value, YAML_DEPTH):
            raise _Refused(f"nested deeper than {YAML_DEPTH} levels", "flatten the case")
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        return RULE.at(path, Place(number, error.pos + 1), message)
    except _Refused as error:
        return RULE.at(path, Place(number, 1), str(error), error.hint)
    except RecursionError:
        return RULE.at(path, Place(number, 1), f"nested deeper than {YAML_DEPTH} levels", "flatten the case")
    return Document(path, value, {(): Place(number, 1)})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise _Refused(f"the key {json.dumps(shown(twice))} is here twice", "remove one")
    return value


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > INTEGER_MAX:
        raise _Refused("a number is out of range: whole numbers are at most 2^53−1", _AS_TEXT)
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Refused("a number is out of range: numbers are finite", _AS_TEXT)
    return number


def _constant(text: str) -> Any:
    raise _Refused(f"{text} is no JSON number", _AS_TEXT)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
