"""Schema: what the files of a registry may say, as JSON Schema for editors and other tools."""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

from promptctl.core.kinds import kind_class
from promptctl.core.kinds.dataset import Case
from promptctl.core.names import FOLDERS
from promptctl.core.suggest import did_you_mean
from promptctl.errors import UsageError
from promptctl.model.json_schema import Schema, schema_of
from promptctl.model.pipeline import Pipeline
from promptctl.store import files
from promptctl.store.intake import SUFFIXES
from promptctl.store.writing import refusing

PIPELINE = "pipeline"
KINDS = (*FOLDERS, PIPELINE)
"""What there are schemas of, in the order people read them. That of a dataset is the schema of a line."""

FOLDER = ".promptctl/schemas"
"""Where a registry keeps them for editors."""

_SETTINGS = ".vscode/settings.json"
_EVERYWHERE = {
    "description": "One sentence for people: what it is for.",
    "metadata": "Anything else that people or tools want to know: owner, tags, links.",
}
"""Keys that mean the same wherever they have no words of their own."""


def schema(kind: str) -> Schema:
    """Return the JSON Schema of a kind's files. Raise `UsageError` where there is no such kind."""
    if kind not in KINDS:
        raise UsageError(f"there is no schema of {kind!r}", hint=did_you_mean(kind, KINDS, "one of"))
    cls = _class_of(kind)
    return schema_of(cls, kind, about(kind), _describe)


def about(kind: str) -> str:
    """Return in one sentence what the files of a kind are."""
    return _first_paragraph(sys.modules[_class_of(kind).__module__].__doc__)


def files_of(kind: str) -> str:
    """Return which files a schema is for, as a pattern of their paths."""
    return files.PIPELINE if kind == PIPELINE else f"{FOLDERS[kind]}/**/*{SUFFIXES[kind][0]}"


def text(kind: str) -> str:
    """Return the schema of a kind as the text of a file."""
    return json.dumps(schema(kind), ensure_ascii=False, indent=2) + "\n"


def editor_files() -> dict[str, str]:
    """Return path and text of what editors need in a registry: the schemas, and where they hold."""
    named = {f"{FOLDER}/{kind}.json": kind for kind in KINDS}
    globs = {f"./{path}": files_of(kind) for path, kind in named.items() if files_of(kind).endswith(".yaml")}
    settings = json.dumps({"yaml.schemas": globs}, indent=2) + "\n"
    return {path: text(kind) for path, kind in named.items()} | {_SETTINGS: settings}


def write(folder: Path, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Write the schemas of kinds into a folder, over those that are there; return their names.

    Raise `UsageError` for an unknown kind, `RefusedError` where the system does not let them be written.
    """
    texts = {f"{kind}.json": text(kind) for kind in kinds}
    with refusing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in texts.items():
            (folder / name).write_text(content, "utf-8", newline="\n")
    return tuple(texts)


def _class_of(kind: str) -> Any:
    return Pipeline if kind == PIPELINE else Case if kind == "dataset" else kind_class(kind)


def _describe(cls: Any, name: str) -> str:
    """Return the words below a field in its class, or those of the class itself."""
    if not name:
        return _first_paragraph(cls.__doc__)
    return _words(cls).get(name) or _EVERYWHERE.get(name, "")


@cache
def _words(cls: Any) -> dict[str, str]:
    """Return the string that stands below each field (PEP 257's attribute docstrings), from the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - it is the source of a class
    return {
        field.target.id: _first_paragraph(words.value.value)
        for field, words in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(words, ast.Expr)
        and isinstance(words.value, ast.Constant)
        and isinstance(words.value.value, str)
    }


def _first_paragraph(words: str | None) -> str:
    return " ".join(inspect.cleandoc(words or "").split("\n\n")[0].split())
