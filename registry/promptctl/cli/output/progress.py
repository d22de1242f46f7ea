"""One line that says what is being waited for, on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from promptctl.cli.output.text import note, safe

if TYPE_CHECKING:
    from promptctl.cli.context import Context

_LOGGED = 150  # signs of a line in a log


class Progress:
    """Shows words: on a terminal over and over in one line, elsewhere (logs) only when they change."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._is_terminal = sys.stderr.isatty()
        self._shown = ""

    def show(self, words: str) -> None:
        """Say what is waited for now."""
        text = " ".join("; ".join(safe(words).splitlines()).split())
        if self._context.quiet or text == self._shown:
            return
        self._shown = text
        if not self._is_terminal:
            note(self._context, text if len(text) <= _LOGGED else f"{text[: _LOGGED - 1]}…")
            return
        width = self._context.width - 1
        line = text if len(text) <= width else f"{text[: width - 1]}…"
        click.echo(f"\r\033[K{line}", nl=False, err=True)

    def end(self) -> None:
        """Leave no half line behind."""
        if self._shown and self._is_terminal:
            click.echo("\r\033[K", nl=False, err=True)
        self._shown = ""
