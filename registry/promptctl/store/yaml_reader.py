"""The strict reader of all YAML: events of libyaml's parser, composed in one pass.

Scalars are YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema): `yes`, `no`, `on` and `off`
are text. What could mean two things, or grow, is refused at the event that says so, before anything is built.
"""

from __future__ import annotations

import math
import re
from typing import Any

from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # the C parser, whatever its module
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from promptctl.checks import (
    duplicate_keys,
    keys_not_text,
    number_range,
    second_documents,
    yaml_aliases,
    yaml_depth,
    yaml_directives,
    yaml_merge_keys,
    yaml_nodes,
    yaml_syntax,
    yaml_tags,
)
from promptctl.checks.rule import Refusal
from promptctl.core.limits import INTEGER_MAX, YAML_DEPTH, YAML_NODES
from promptctl.model.document import Document, Path, Place, shown
from promptctl.model.findings import FINDINGS_PER_FILE, Finding

_MAYBE_NOT_TEXT = frozenset("+-.0123456789~nNtTfF")
_NULL = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_BOOLEAN = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LONGEST_INTEGER = 64
_NOT_YAML_1_2 = re.compile("[\r\x85\u2028\u2029]")

_CANNOT_BEGIN = "put text that begins with @, ` or % in quotes"
_TAB = ("a tab stands where only spaces may", "indent with spaces, not tabs")
_PROBLEMS = {
    "mapping values are not allowed in this context": (
        "a ': ' is not allowed here",
        "put text that holds ': ' in quotes, or check the indentation",
    ),
    "did not find expected key": (
        "this is neither a key nor the end of the mapping",
        "check the indentation, and put text with special characters in quotes",
    ),
    "did not find expected '-' indicator": (
        "this is neither a list item nor the end of the list",
        "begin every item with '- ' in the same column",
    ),
    "did not find expected ',' or '}'": ("a '{' is not closed", "separate with ',' and close with '}'"),
    "did not find expected ',' or ']'": ("a '[' is not closed", "separate with ',' and close with ']'"),
    "did not find expected node content": ("a value is missing here", "close what is open, or give a value"),
    "could not find expected ':'": (
        "a key without its ':'",
        "write `key: value`; longer text goes below `key: |`, indented",
    ),
    "found unexpected end of stream": ("a quote is not closed", "close the quote"),
    "found unknown escape character": (
        "an unknown escape in double quotes",
        "write \\\\ for a backslash, or use single quotes",
    ),
    "block sequence entries are not allowed in this context": (
        "a list cannot begin here",
        "begin the list on its own line below its key",
    ),
    "found character that cannot start any token": (
        "this character cannot begin a value",
        _CANNOT_BEGIN,
    ),
    "found a tab character that violates indentation": _TAB,
    "found a tab character where an indentation space is expected": _TAB,
    "found unknown directive name": (
        "a line that begins with % is a directive",
        "remove it, or put the text in quotes",
    ),
}


_make = tuple.__new__  # what a named tuple does, without the call in between


class _Stopped(Exception):  # noqa: N818 - control flow inside this module, never seen outside
    """Reading on would be pointless or dangerous; the finding is already written down."""


def read(data: bytes, path: str, *, first_line: int = 1) -> tuple[Document | None, tuple[Finding, ...]]:
    """Return what the YAML says, or None and at least one finding. Never raises for bad content.

    `data` is UTF-8; `first_line` is the line of the file on which it begins. An empty text reads as `None`.
    """
    composer = _Composer(path, first_line)
    try:
        composer.refuse_line_separators(data)
        value = composer.document(CParser(data))
    except _Stopped:
        value = None
    except MarkedYAMLError as error:
        composer.syntax(error, data)
    except YAMLError as error:
        composer.unreadable(error, data)
    if composer.findings:
        return None, tuple(composer.findings)
    return Document(path, value, composer.places, composer.plain), ()


class _Composer:
    """Builds one value from events. Recursion is as deep as the YAML, which is limited."""

    def __init__(self, path: str, first_line: int) -> None:
        self.path = path
        self.first_line = first_line
        self.places: dict[Path, Place] = {}
        self.plain: dict[Path, str] = {}
        self.findings: list[Finding] = []
        self.nodes = 0

    def document(self, parser: Any) -> Any:
        """Return the value of the only document."""
        self.next = parser.get_event
        self.next()
        event = self.next()
        if type(event) is StreamEndEvent:
            return None
        if event.version or event.tags:
            self.refuse(event, yaml_directives.RULE, "YAML directives are not allowed")
        value = self.node(self.next(), (), 1)
        self.next()
        event = self.next()
        if type(event) is DocumentStartEvent:
            self.refuse(event, second_documents.RULE, "a second document begins here")
        return value

    def node(self, event: Any, path: Path, depth: int) -> Any:
        """Return the value that begins with `event`."""
        self.nodes += 1
        if self.nodes > YAML_NODES:
            self.stop(event, yaml_nodes.RULE, f"more than {YAML_NODES:,} keys and values")
        kind = type(event)
        if kind is AliasEvent:
            self.refuse(event, yaml_aliases.RULE, f"aliases (*{shown(event.anchor)}) are not allowed")
            return None
        if event.anchor is not None or event.ctag is not None:
            self.anchored_or_tagged(event)
        if kind is ScalarEvent:
            return self.scalar(event, path) if event.implicit[0] else event.value
        if depth > YAML_DEPTH:
            self.stop(event, yaml_depth.RULE, f"nested deeper than {YAML_DEPTH} levels")
        return self.mapping(path, depth) if kind is MappingStartEvent else self.sequence(path, depth)

    def mapping(self, path: Path, depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        following, places, first_line = self.next, self.places, self.first_line
        while type(event := following()) is not MappingEndEvent:
            key = self.key(event, value, path, depth)
            child = (*path, key)
            mark = event.start_mark
            places[child] = _make(Place, (mark.line + first_line, mark.column + 1))
            value[key] = self.node(following(), child, depth + 1)
        return value

    def sequence(self, path: Path, depth: int) -> list[Any]:
        value: list[Any] = []
        while type(event := self.next()) is not SequenceEndEvent:
            child = (*path, len(value))
            mark = event.start_mark
            self.places[child] = _make(Place, (mark.line + self.first_line, mark.column + 1))
            value.append(self.node(event, child, depth + 1))
        return value

    def key(self, event: Any, mapping: dict[str, Any], path: Path, depth: int) -> str:
        if type(event) is not ScalarEvent:
            self.refuse(event, keys_not_text.RULE, "a key must be text", "write the key as plain text")
            self.node(event, path, depth + 1)
            return ""
        self.nodes += 1
        key: str = event.value
        if event.anchor is not None or event.ctag is not None:
            self.anchored_or_tagged(event)
        if event.implicit[0]:
            if key == "<<":
                self.refuse(event, yaml_merge_keys.RULE, "merge keys (<<) are not allowed")
            elif (not key or key[0] in _MAYBE_NOT_TEXT) and not isinstance(_resolve(key), str):
                hint = f'put it in quotes: "{shown(key)}"'
                self.refuse(event, keys_not_text.RULE, f"the key {shown(key)} is not text", hint)
        if key in mapping:
            first = self.places[(*path, key)]
            message = f"the key {shown(key)} is here twice, first on line {first.line}"
            self.refuse(event, duplicate_keys.RULE, message)
        return key

    def scalar(self, event: Any, path: Path) -> Any:
        text: str = event.value
        if text and text[0] not in _MAYBE_NOT_TEXT:
            return text
        value = _resolve(text)
        if value is _OUT_OF_RANGE:
            message = f"{shown(text)} is out of range: numbers are finite, whole ones at most 2^53−1"
            self.refuse(event, number_range.RULE, message)
            return None
        if value is not text:
            self.plain[path] = text
        return value

    def anchored_or_tagged(self, event: Any) -> None:
        if event.anchor is not None:
            self.refuse(event, yaml_aliases.RULE, f"anchors (&{shown(event.anchor)}) are not allowed")
        if event.tag is not None:
            self.refuse(event, yaml_tags.RULE, f"tags ({shown(event.tag)}) are not allowed")

    def refuse(self, event: Any, rule: Refusal, message: str, hint: str = "") -> None:
        """Write a finding down; stop where there are enough."""
        self.add(rule, event.start_mark.line, event.start_mark.column, message, hint)
        if len(self.findings) >= FINDINGS_PER_FILE:
            raise _Stopped

    def stop(self, event: Any, rule: Refusal, message: str) -> None:
        """Write a finding down and stop."""
        self.refuse(event, rule, message)
        raise _Stopped

    def syntax(self, error: Any, data: bytes) -> None:
        """Say in our words where libyaml lost its way."""
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        last = data.count(b"\n")
        if line > last:  # a text without a line end at its end: libyaml counts one
            line, column = last, len(data.rpartition(b"\n")[2].decode("utf-8", "replace"))
        problem = str(error.problem or error.context or "this cannot be read")
        message, hint = _PROBLEMS.get(problem, (problem, ""))
        if hint == _CANNOT_BEGIN and data.split(b"\n")[line].decode("utf-8", "replace")[column:][:1] == "\t":
            message, hint = _TAB
        self.add(yaml_syntax.RULE, line, column, f"not valid YAML: {message}", hint)

    def unreadable(self, error: Any, data: bytes) -> None:
        """Say where the character stands that YAML does not allow."""
        before = data[: getattr(error, "position", 0)].decode("utf-8", "replace")
        line = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        self.add(yaml_syntax.RULE, line, column, "a control character is not allowed in YAML", "remove it")

    def refuse_line_separators(self, data: bytes) -> None:
        """libyaml breaks lines at U+0085, U+2028 and U+2029 (YAML 1.1), YAML 1.2 does not; we at LF only."""
        if data.isascii() and b"\r" not in data:
            return
        match = _NOT_YAML_1_2.search(data.decode("utf-8", "replace"))
        if match is None:
            return
        before = match.string[: match.start()]
        column = len(before) - (before.rfind("\n") + 1)
        name = f"U+{ord(match[0]):04X}"
        message = f"the line separator {name} is not allowed"
        self.add(yaml_syntax.RULE, before.count("\n"), column, message, "remove it")
        raise _Stopped

    def add(self, rule: Refusal, line: int, column: int, message: str, hint: str = "") -> None:
        self.findings.append(rule.at(self.path, Place(line + self.first_line, column + 1), message, hint))


_OUT_OF_RANGE = object()


def _resolve(text: str) -> Any:
    """Return the value of a plain scalar by the core schema; `text` itself where it is text."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else _OUT_OF_RANGE
    return _OUT_OF_RANGE if _NOT_FINITE.fullmatch(text) else text


def _integer(text: str) -> Any:
    if len(text) > _LONGEST_INTEGER:
        return _OUT_OF_RANGE
    number = int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return number if abs(number) <= INTEGER_MAX else _OUT_OF_RANGE
