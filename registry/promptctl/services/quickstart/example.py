"""The registry of a furniture shop that the story, the docs and the tests run on."""

from __future__ import annotations

from pathlib import Path

from promptctl.core.names import FOLDERS
from promptctl.errors import Unavailable
from promptctl.store.files import PIPELINE

_PACKAGE = Path(__file__).parents[2]


def example_files() -> dict[str, bytes]:
    """Return the files of the example registry, by path: packed into the wheel, or this repository's own."""
    for root in (_PACKAGE / "example", _PACKAGE.parents[1]):
        if (root / PIPELINE).is_file():
            return {
                path.relative_to(root).as_posix(): path.read_bytes()
                for folder in FOLDERS.values()
                for path in sorted((root / folder).rglob("*"))
                if path.is_file()
            } | {PIPELINE: (root / PIPELINE).read_bytes()}
    raise Unavailable("the example registry is not installed", hint="reinstall promptctl-registry")
