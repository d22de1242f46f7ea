"""Registries made in memory, and findings as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptctl.model.findings import Finding
from promptctl.model.registry import Registry
from promptctl.store.files import SourceFile
from promptctl.store.objects import REGULAR
from promptctl.store.registry import read

__all__ = ["REGULAR", "findings_text", "registry", "source"]


def source(path: str, content: str | bytes, mode: int = REGULAR) -> SourceFile:
    """Return a file as it would be read from a work tree."""
    data = content.encode() if isinstance(content, str) else content
    return SourceFile(path, data, mode, len(data))


def registry(files: Mapping[str, str | bytes]) -> Registry:
    """Return the registry that consists of these files."""
    return read([source(path, content) for path, content in files.items()])


def findings_text(findings: Iterable[Finding]) -> str:
    """Return findings as lines, each hint below its finding."""
    lines = []
    for each in findings:
        lines.append(f"{each.path}:{each.line}:{each.column}: {each.severity} {each.code} {each.message}\n")
        lines.append(f"    {each.hint}\n" if each.hint else "")
    return "".join(lines)
