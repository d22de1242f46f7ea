"""`promptctl quickstart`."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.text import say
from promptctl.errors import RefusedError


@verb
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="An empty folder to tell it in.")
@click.option("--replay", is_flag=True, help="Run no model: use the recorded answers.")
@click.option("--record", type=click.Path(path_type=Path), hidden=True)
def command(context: Context, folder: Path | None, *, replay: bool, record: Path | None) -> None:
    """Tell the whole story on a throw-away registry with a local remote and a small model.

    From validate to rollback, with real output; every command is shown so that you can run it yourself.
    Exit 1 where a verdict or a served version differs from the story.

    \b
    promptctl quickstart
    promptctl quickstart --dir /tmp/shop --replay
    """
    from promptctl.services.quickstart.story import Setting, quickstart

    place = _empty_folder(folder)
    begun = time.monotonic()
    chapters = iter(range(1, 100))

    def title(text: str) -> None:
        say(context)
        say(context, f"── {next(chapters)}. {text} ".ljust(min(context.width, 100), "─"), bold=True)

    def tell(text: str) -> None:
        say(context, text, fg="cyan" if text.startswith("$ ") else None)

    quickstart(Setting(place, context.environ, tell, title, time.sleep, replay=replay, record=record))
    say(context)
    say(context, f"Everything went as told, in {time.monotonic() - begun:.0f} s.", fg="green", bold=True)
    say(context, f"The registry is yours to try things on: cd {place / 'registry'}")


def _empty_folder(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="promptctl-quickstart-"))
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError(f"{folder} is not an empty folder", hint="name one that is empty or not there yet")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
