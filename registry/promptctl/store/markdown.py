"""Markdown files: front matter between whole-line `---`, and the body below it."""

from __future__ import annotations

from dataclasses import dataclass

from promptctl.checks import unclosed_front_matter
from promptctl.model.document import Document, Place
from promptctl.model.findings import Finding
from promptctl.store import yaml_reader

_FENCE = b"---\n"


@dataclass(frozen=True, slots=True)
class Markdown:
    """A file with front matter. `body` is the text below it, `body_line` the line on which it begins."""

    document: Document
    body: str
    body_line: int


def read(data: bytes, path: str) -> tuple[Markdown | None, tuple[Finding, ...]]:
    """Return the parts of a file of valid UTF-8, or None and findings.

    A file that does not begin with the line `---` has no front matter: all of it is the body.
    """
    front, body = split(data)
    if front is None:
        message = "the front matter that begins on line 1 does not end"
        return None, (unclosed_front_matter.RULE.at(path, Place(1, 1), message),)
    document, findings = yaml_reader.read(front, path, first_line=2)
    if document is None:
        return None, findings
    body_line = front.count(b"\n") + 3 if len(body) < len(data) else 1
    return Markdown(document, body.decode(), body_line), ()


def split(data: bytes) -> tuple[bytes | None, bytes]:
    """Return (front matter, body); the front matter is None where its end is missing."""
    if not data.startswith(_FENCE) and data != b"---":
        return b"", data
    rest = data[len(_FENCE) :]
    if rest.startswith(_FENCE):
        return b"", rest[len(_FENCE) :]
    front, found, body = rest.partition(b"\n" + _FENCE)
    if found:
        return front + b"\n", body
    if rest == b"---":
        return b"", b""
    return (rest.removesuffix(b"---"), b"") if rest.endswith(b"\n---") else (None, b"")
