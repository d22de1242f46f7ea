"""A table with one prompt a row: one column names it, another is its text, byte for byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from promptctl.core.limits import NAME_LENGTH, PUBLISH
from promptctl.core.written import counted
from promptctl.model.findings import Finding
from promptctl.services.importing.imported import LEFT_OUT, MENDED, RENAMED, UNREADABLE, Imported, Source
from promptctl.services.importing.naming import legal_name, unique
from promptctl.services.importing.writing import prompt_file, protected

_NAMES = ("act", "name", "title", "id")
_TEXTS = ("prompt", "text", "content", "body", "template")
_COMMAS = "separate the columns with commas"


class _Wrong(Exception):  # noqa: N818 - control flow inside this module, never seen outside
    """What is wrong with the table; the line, the message and the hint are its arguments."""


def read(source: Source) -> Imported:
    """Return a prompt for every row, called `NAME/row`, with the row's name as its description.

    The columns are those of `source.columns`; else the first called like a name and like a text, else the
    first two. A name that is there twice gets a number behind it. CR LF in a text becomes LF.
    """
    try:
        header, rows = _rows(source.text)
        name_at, text_at = _columns(header, source.columns)
    except _Wrong as wrong:
        line, message, hint = wrong.args
        return Imported(findings=(source.error(line, UNREADABLE, message, hint),))
    given = [_name(source, row[name_at], at) for at, (_, row) in enumerate(rows, start=1)]
    names = unique(given)
    files = {
        f"prompts/{source.name}/{name}.md": _prompt(row[name_at], row[text_at])
        for name, (_, row) in zip(names, rows, strict=True)
    }
    findings = [
        *_left_out(source, header, {name_at, text_at}),
        *_renamed(source, [line for line, _ in rows], given, names),
        *_mended(source, rows, text_at),
    ]
    return Imported(files, tuple(findings))


def _name(source: Source, title: str, number: int) -> str:
    """Return the name of a row, which leaves room for the table's name and for a number behind it."""
    room = NAME_LENGTH - len(source.name) - len("/-0000")
    return legal_name(title.replace("/", "-"))[:room].rstrip("-._") or f"row-{number:04}"


def _prompt(title: str, text: str) -> bytes:
    return prompt_file({"description": _lines(title)}, f"{protected(_lines(text))}\n")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _rows(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and (line, row) of all rows."""
    before = csv.field_size_limit(PUBLISH.file_size_bytes)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    found, line = [], 0
    try:
        for row in rows:
            if row:
                found.append((line + 1, row))
            line = rows.line_num
    except csv.Error as error:
        hint = _COMMAS if _is_separated_otherwise(text) else "check the quotes of this row"
        raise _Wrong(line + 1, f"not valid CSV: {error}", hint) from None
    finally:
        csv.field_size_limit(before)
    if not found:
        raise _Wrong(0, "there are no rows", "the first row names the columns")
    header = found[0][1]
    if len(header) < 2:
        hint = "a table has a column of names and one of texts"
        raise _Wrong(1, "one column only", _COMMAS if _is_separated_otherwise(text) else hint)
    for at, row in found:
        if len(row) != len(header):
            message = f"{counted(len(row), 'value')} for {counted(len(header), 'column')}"
            raise _Wrong(at, message, "quote values that hold commas or line ends")
    return header, found[1:]


def _is_separated_otherwise(text: str) -> bool:
    """Say whether the first line of a table looks as if semicolons or tabs divided it into columns."""
    header = text.partition("\n")[0]
    return "," not in header and (";" in header or "\t" in header)


def _columns(header: list[str], chosen: tuple[str, str] | None) -> tuple[int, int]:
    """Return the indexes of the name and of the text."""
    if chosen is not None:
        for each in chosen:
            if each not in header:
                raise _Wrong(1, f"there is no column {each!r}", f"there are: {', '.join(header)}")
        return header.index(chosen[0]), header.index(chosen[1])
    lower = [each.strip().lower() for each in header]
    name = next((lower.index(each) for each in _NAMES if each in lower), None)
    text = next((lower.index(each) for each in _TEXTS if each in lower), None)
    if name is None or text is None:
        return 0, 1
    return name, text


def _left_out(source: Source, header: list[str], used: set[int]) -> Iterator[Finding]:
    if others := [name for at, name in enumerate(header) if at not in used]:
        message = f"columns that no prompt has a place for: {', '.join(others)}"
        hint = "other columns are chosen with --columns NAME,TEXT"
        yield source.warning(1, LEFT_OUT, message, hint)


def _renamed(
    source: Source, lines: Sequence[int], given: Sequence[str], names: Sequence[str]
) -> Iterator[Finding]:
    """Yield one finding for all rows that share a name with another."""
    renamed = [each for each in zip(lines, given, names, strict=True) if each[1] != each[2]]
    if renamed:
        line, _, name = renamed[0]
        more = f", and {len(renamed) - 1} more" if len(renamed) > 1 else ""
        message = f"names that are there twice have a number behind the second: {name}{more}"
        yield source.warning(line, RENAMED, message, "")


def _mended(source: Source, rows: Sequence[tuple[int, list[str]]], text_at: int) -> Iterator[Finding]:
    lines = [line for line, row in rows if "\r\n" in row[text_at]]
    if lines:
        message = f"line ends CR LF became LF in {counted(len(lines), 'text')}"
        yield source.warning(lines[0], MENDED, message, "")
