"""Results of checking, kept between two runs: by file and the id of its bytes, for one version of the rules.

One SQLite file for each registry below the user's cache directory. It only saves time: what cannot be read or
written, or is not what was written, is as if it were not there, and a run without it gives the same answer.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from zlib import crc32

from promptctl.model.checked import Checked

_TABLES = """
CREATE TABLE IF NOT EXISTS checked (path TEXT PRIMARY KEY, fields, seal) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS last_run (rules, mark, compared, seal);
"""
_EVERY = "SELECT fields, seal FROM checked ORDER BY path"
_BETWEEN = "\0"
_PATIENCE_S = 2.0
_UNFIT = (sqlite3.Error, OSError, ValueError, TypeError, AttributeError)
_PACKAGE = Path(__file__).parents[1]
_SHAPES_ANSWERS = (
    "core",
    "model",
    "checks",
    "gates",
    "scorers",
    "store",
    "services/checking.py",
    "services/validate.py",
)


class Results:
    """What the last run left. `compared` is what comparing artifacts with each other had found."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rules = rules_version()
        self._mark = ""
        self.compared: str = ""
        self.checked: dict[str, Checked] = {}
        with suppress(*_UNFIT), self._open() as database:
            for *run, seal in database.execute("SELECT rules, mark, compared, seal FROM last_run LIMIT 1"):
                self._mark = run[1]
                rows = database.execute(_EVERY).fetchall() if run[0] == self._rules else []
                # SQLite notices no bit that flips, and one file that is lost would hide who names it.
                if _seal(_joined(run)) == seal and all(_seal(fields) == its for fields, its in rows):
                    checked = [Checked._make(fields.split(_BETWEEN)) for fields, _ in rows]
                    self.checked = {each.path: each for each in checked}
                    self.compared = run[2] if rows else ""

    def keep(self, gone: Iterable[str], checked: Iterable[Checked], compared: str) -> None:
        """Replace what has changed, unless another run has written since this one began."""
        with suppress(sqlite3.Error, OSError), self._open() as database, database:
            database.execute("BEGIN IMMEDIATE")
            found = database.execute("SELECT mark FROM last_run LIMIT 1").fetchone() or ("",)
            if found[0] != self._mark:
                return
            if not self.checked:
                database.execute("DELETE FROM checked")
            database.executemany(
                "DELETE FROM checked WHERE path = ?", ((each,) for each in filter(_is_itself, gone))
            )
            rows = ((each.path, _joined(each)) for each in checked if _is_itself(each.path))
            database.executemany(
                "REPLACE INTO checked VALUES (?, ?, ?)",
                ((path, fields, _seal(fields)) for path, fields in rows),
            )
            run = (self._rules, os.urandom(16).hex(), compared)
            database.execute("DELETE FROM last_run")
            database.execute("INSERT INTO last_run VALUES (?, ?, ?, ?)", (*run, _seal(_joined(run))))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(sqlite3.connect(self._path, timeout=_PATIENCE_S, isolation_level=None)) as database:
            try:
                database.executescript(_TABLES)
            except sqlite3.DatabaseError as error:
                if not isinstance(error, sqlite3.OperationalError):  # it is no database: begin anew
                    self._path.unlink(missing_ok=True)
                raise
            yield database


def _joined(fields: Iterable[str]) -> str:
    """Return the fields of a row as one: reading and sealing ten thousand rows is half of a short run."""
    return _BETWEEN.join(fields)


def _seal(row: str) -> int:
    """Return the checksum of a row."""
    return crc32(row.encode())


def _is_itself(path: str) -> bool:
    """Say whether no other path is printed like this one. One that is not UTF-8 is wrong anyway, as is one
    that holds the sign for what is not; both are found out about again.
    """
    return path.isascii() or not any("\ud800" <= sign <= "\udfff" or sign == "\ufffd" for sign in path)


def rules_version() -> str:
    """Return the hash of everything that shapes an answer: another rule, another answer.

    Python's tables of Unicode shape it too, and the libraries that read and match.
    """
    digest = hashlib.sha256(repr([sys.version, *_installed()]).encode())
    for name in _SHAPES_ANSWERS:
        for path in sorted(_modules(str(_PACKAGE / name))):
            with open(path, "rb") as module:  # noqa: PTH123 - of hundreds of files, the paths cost as much
                digest.update(module.read())
    return digest.hexdigest()


def _modules(place: str) -> Iterator[str]:
    """Yield the files of Python in a folder, or the one that this is."""
    if place.endswith(".py"):
        yield place
    for folder, _, names in os.walk(place):
        yield from (f"{folder}/{each}" for each in names if each.endswith(".py"))


def _installed() -> Iterator[str]:
    """Yield the names of what is installed, with versions, as the folders are called that say so."""
    for folder in sys.path:
        with suppress(OSError):
            yield from sorted(each.name for each in Path(folder).iterdir() if each.suffix == ".dist-info")
