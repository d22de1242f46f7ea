"""For people: colour, columns, errors, and other people's text made harmless."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from promptctl.errors import PromptctlError

if TYPE_CHECKING:
    from promptctl.cli.context import Context

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_WORKFLOW_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)
# Runners obey `##[command]`, and Azure's `##vso[command]`, wherever they stand in a line.
_OLD_COMMAND = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)
_BUG = "this is a bug of promptctl: run again with --debug and report what it prints"


def safe(text: str) -> str:
    """Return anybody's text without escapes and control characters; `::` at the start of a line and `##[`
    anywhere, which CI systems take for commands, are broken up.
    """
    return without_commands(_WORKFLOW_COMMAND.sub(r"\1: :", _CONTROL.sub("�", text)))


def without_commands(text: str) -> str:
    """Return a text, as wide as it was, in which no runner finds a command inside of a line."""
    return _OLD_COMMAND.sub("#�", text) if "##" in text else text


def say(context: Context, text: str = "", **style: Any) -> None:
    """Print one result for people. A style of None is none."""
    style = {name: value for name, value in style.items() if value is not None}
    click.echo(click.style(text, **style) if context.color and style else text, color=context.color)


def note(context: Context, text: str) -> None:
    """Print what is no result, to standard error, unless it should be quiet."""
    if not context.quiet:
        click.echo(text, err=True)


def emit(command: str, result: dict[str, Any]) -> None:
    """Print a command's JSON, the only thing on standard output."""
    document = {"schema": f"promptctl.{command}/v1", **result}
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
    text = _OLD_COMMAND.sub("#\\\\u0023", text)
    click.echo(_INVISIBLE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text))


def columns(rows: Iterable[Sequence[str]], *, gap: int = 2, indent: int = 0) -> list[str]:
    """Return rows as lines in left-aligned columns, without trailing spaces."""
    table = [list(row) for row in rows]
    count = max((len(row) for row in table), default=0)
    widths = [max((len(row[at]) for row in table if at < len(row)), default=0) for at in range(count)]
    lines = [(" " * gap).join(cell.ljust(widths[at]) for at, cell in enumerate(row)) for row in table]
    return [" " * indent + line.rstrip() for line in lines]


def report_error(context: Context, error: Exception) -> int:
    """Print what went wrong and return the exit code."""
    if context.debug:
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
    if isinstance(error, PromptctlError):
        code, message, hint, exit_code = error.code, error.message, error.hint, error.exit_code
    else:
        code, message, hint, exit_code = "unexpected", f"{type(error).__name__}: {error}", _BUG, 3
    if context.output == "json":
        body = {"code": code, "message": safe(message), "hint": safe(hint), "exit_code": exit_code}
        emit("error", body)
    click.echo(f"{_mark(context, 'error:', 'red')} {_indented(safe(message))}", err=True)
    if hint:
        click.echo(f"{_mark(context, ' hint:', 'cyan')} {_indented(safe(hint))}", err=True)
    return exit_code


def _mark(context: Context, word: str, colour: str) -> str:
    return click.style(word, fg=colour, bold=True) if context.color else word


def _indented(text: str) -> str:
    return text.replace("\n", "\n       ")
