"""What a format makes of one file, as its own registry would read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptctl.core.bundle import parse
from promptctl.core.rendering import CompiledPrompt
from promptctl.model.bundle import build
from promptctl.model.registry import Registry
from promptctl.services.importing.formats import FORMATS
from promptctl.services.importing.imported import Imported, Source
from promptctl.store.files import SourceFile
from promptctl.store.objects import REGULAR
from promptctl.store.registry import read


def imported(form: str, text: str, beside: Mapping[str, str] | None = None, **about: Any) -> Imported:
    """Return what a source called `it` becomes."""
    others = {path: content.encode() for path, content in (beside or {}).items()}
    source = Source(about.pop("path", "it"), text.encode(), "it", beside=others.get, **about)
    return FORMATS[form].read(source)


def registry_of(made: Imported) -> Registry:
    """Return the registry of the files that were made; its own reader finds nothing wrong in them."""
    files = [SourceFile(path, data, REGULAR, len(data)) for path, data in made.files.items()]
    registry = read(files)
    assert registry.findings == ()
    return registry


def messages(made: Imported, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return what the prompt `it` renders to."""
    built = build(registry_of(made), "prompts/it")
    return CompiledPrompt(parse(built.content, digest=built.digest)).messages(values or {})


def said(made: Imported) -> list[tuple[int, str, str]]:
    """Return line, severity and code of every finding, in order."""
    return [(each.line, each.severity, each.code) for each in sorted(made.findings)]
