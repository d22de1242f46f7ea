"""New files, put into a work tree all together or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from promptctl.errors import RefusedError
from promptctl.store.writing import refusing

_STAGE = ".promptctl-import-"


def place(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files that are not there yet, by registry path.

    First everything is written aside, in a hidden folder of `root`; then each file gets its name, which never
    replaces another. Raise `RefusedError` where the system refuses, or somebody was faster: all that was
    written is then removed again.
    """
    _refuse_links(root, files)
    with refusing(root):
        stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=root))
    made: list[Path] = []
    try:
        with refusing(root):
            for path, data in files.items():
                (stage / path).parent.mkdir(parents=True, exist_ok=True)
                (stage / path).write_bytes(data)
            for path in files:
                _make_folders(root, path, made)
                _name(stage / path, root / path)
                made.append(root / path)
    except BaseException:
        _undo(made)
        raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _refuse_links(root: Path, files: Mapping[str, bytes]) -> None:
    """A folder that is a link leads out of the registry: nothing is written through it."""
    folders = {parent for path in files for parent in Path(path).parents}
    for folder in sorted(folders):
        if str(folder) != "." and (root / folder).is_symlink():
            raise RefusedError(f"{folder} is a symbolic link", hint="registries hold files, not links")


def _make_folders(root: Path, path: str, made: list[Path]) -> None:
    for folder in reversed(Path(path).parents[:-1]):
        if not (root / folder).exists():
            (root / folder).mkdir()
            made.append(root / folder)


def _name(staged: Path, path: Path) -> None:
    """Give a file its name; unlike renaming, linking never replaces what is there."""
    try:
        os.link(staged, path)
    except FileExistsError:
        raise RefusedError(f"{path} is there by now; nothing was written", hint="try again") from None
    except OSError:  # a file system without hard links
        _copy(staged.read_bytes(), path)
    path.chmod(0o644)


def _copy(data: bytes, path: Path) -> None:
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
        except OSError:
            path.unlink()
            raise


def _undo(made: list[Path]) -> None:
    for path in reversed(made):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
