"""Results of checking, kept between two runs: by file and the id of its bytes, for one version of the rules.

One SQLite file for each registry below the user's cache directory. It only saves time: what cannot be read
or written is as if it were not there, and a run without it gives the same answer.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from promptctl.model.checked import Checked

_TABLES = """
CREATE TABLE IF NOT EXISTS checked (path TEXT PRIMARY KEY, state, address, is_read, names, found, gathered)
WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (rules TEXT, number INTEGER, compared TEXT);
"""
_PATIENCE_S = 2.0
_PACKAGE = Path(__file__).parents[1]
_SHAPES_ANSWERS = ("core", "model", "checks", "scorers", "store")


class Results:
    """What the last run left. `compared` is what comparing artifacts with each other had found."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rules = rules_version()
        self._number = 0
        self.compared = ""
        self.checked: dict[str, Checked] = {}
        with suppress(sqlite3.Error, OSError, ValueError), self._open() as database:
            for rules, number, compared in database.execute("SELECT rules, number, compared FROM run"):
                self._number = number
                if rules == self._rules:
                    self.compared = compared
                    rows = database.execute("SELECT * FROM checked").fetchall()
                    self.checked = {row[0]: Checked._make(row) for row in rows}

    def keep(self, gone: Iterable[str], checked: Iterable[Checked], compared: str) -> None:
        """Replace what has changed, unless another run has written since this one began."""
        with suppress(sqlite3.Error, OSError), self._open() as database, database:
            database.execute("BEGIN IMMEDIATE")
            found = database.execute("SELECT rules, number FROM run").fetchone() or ("", 0)
            if found[1] != self._number:
                return
            if found[0] != self._rules:
                database.execute("DELETE FROM checked")
            database.executemany(
                "DELETE FROM checked WHERE path = ?", ((each,) for each in filter(_is_text, gone))
            )
            rows = (each for each in checked if _is_text(each.path))
            database.executemany("REPLACE INTO checked VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            database.execute("DELETE FROM run")
            database.execute("INSERT INTO run VALUES (?, ?, ?)", (self._rules, self._number + 1, compared))

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


def _is_text(path: str) -> bool:
    """Say whether a path is UTF-8: others are wrong anyway, and are found out about again."""
    return path.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in path)


def rules_version() -> str:
    """Return the hash of everything that shapes an answer: another rule, another answer."""
    digest = hashlib.sha256()
    for folder in _SHAPES_ANSWERS:
        for path in sorted((_PACKAGE / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
