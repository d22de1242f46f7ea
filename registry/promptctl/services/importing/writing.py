"""The files that an import makes, in the layout that people write by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence, Sized
from typing import Any

from promptctl.core.messages import Message, split
from promptctl.core.template.lexer import ENDRAW, OPENER
from promptctl.errors import TemplateError

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./ -]*[A-Za-z0-9_./]|[A-Za-z]")
_NOT_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_HIDDEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WIDTH = 100


def prompt_file(front: Mapping[str, Any], body: str) -> bytes:
    """Return a prompt: front matter with its keys in the given order, empty values left out, and the body.

    `body` is template source as it stands below the fence; texts come from `protected`.
    """
    return f"---\n{_block(front)}---\n{body}".encode()


def suite_file(suite: Mapping[str, Any]) -> bytes:
    """Return a suite: its keys in the given order, empty values left out."""
    return _block(suite).encode()


def dataset_file(cases: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a dataset, one case a line."""
    lines = [json.dumps(each, ensure_ascii=False, separators=(", ", ": ")) for each in cases]
    return "".join(f"{line}\n" for line in lines).encode()


def case_id(number: int) -> str:
    """Return the id of the case at a place, from 1: `c001`."""
    return f"c{number:03}"


def marker(role: str) -> str:
    """Return the line that begins a message."""
    return f"# {role}:\n"


def protected(text: str) -> str:
    """Return template source that renders to `text`: the text itself unless something in it would be read.

    Otherwise it is put into `raw`, and once more behind the brace of each `{% endraw %}` that it holds.
    """
    if is_plain(text):
        return text
    cuts = [match.start() + 1 for match in ENDRAW.finditer(text)]
    stretches = zip([0, *cuts], [*cuts, len(text)], strict=True)
    return "".join(f"{{% raw %}}{text[start:end]}{{% endraw %}}" for start, end in stretches)


def is_plain(text: str) -> bool:
    """Say whether a text holds no tag, nor a line that begins a message."""
    try:
        return split(text + "\n") == (Message("system", text, line=1),) and not OPENER.search(text)
    except TemplateError:
        return False


def _block(mapping: Mapping[str, Any]) -> str:
    """Return a mapping with one key a line; members that are mappings stand below, each on its line."""
    text = ""
    for key, value in mapping.items():
        if value is None or (isinstance(value, Sized) and not value):
            continue
        flow = f"{_flow(key)}: {_flow(value)}\n"
        nested = isinstance(value, Mapping) and any(isinstance(each, Mapping) for each in value.values())
        if isinstance(value, Mapping) and (nested or len(flow) > _WIDTH):
            below = "".join(f"  {_flow(name)}: {_flow(each)}\n" for name, each in value.items())
            flow = f"{_flow(key)}:\n{below}"
        elif isinstance(value, Sequence) and not isinstance(value, str) and _has_mappings(value):
            flow = f"{_flow(key)}:\n" + "".join(f"  - {_flow(each)}\n" for each in value)
        text += flow
    return text


def _has_mappings(values: Sequence[Any]) -> bool:
    return any(isinstance(each, Mapping) for each in values)


def _flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return json.dumps(value)


def _text(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _HIDDEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", quoted)
