"""The world, as the command line sees it: clock, environment, identity, directory. Read here alone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from promptctl.core.places import cache_directory
from promptctl.errors import UsageError

if TYPE_CHECKING:
    import random

    from promptctl.services.environment_change import Actor
    from promptctl.store.repository import Repository

Command = TypeVar("Command", bound=Callable[..., Any])


class Context:
    """What every verb is given. Global options may stand before or after the verb."""

    def __init__(self) -> None:
        self.directory: Path = Path()
        self.output: str = "text"
        self.quiet: bool = False
        self.debug: bool = False
        self.color: bool = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def set(self, **options: Any) -> None:
        """Take over the options that were given."""
        directory = options["directory"]
        # A registry is looked for from here upward, which `..` inside of a path would lead astray.
        self.directory = Path(os.path.realpath(directory) if ".." in directory else directory)
        self.output = options["output"] or self.output
        self.quiet, self.debug = options["quiet"], options["debug"]
        self.color = self.color and not options["no_color"]

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the process."""
        return os.environ

    @cached_property
    def now(self) -> datetime:
        """The time of this command, UTC, whole seconds."""
        return datetime.now(UTC).replace(microsecond=0)

    @cached_property
    def random(self) -> random.Random:
        """For jitter only."""
        import random

        return random.Random()  # noqa: S311 - nothing secret

    @property
    def cache_dir(self) -> Path:
        """Where the caches of this user are."""
        home = os.path.expanduser("~")  # noqa: PTH111 - `Path.expanduser` raises where there is no home
        return Path(cache_directory(sys.platform, os.environ, home))

    @property
    def processors(self) -> int:
        """How many processors work may be divided on; 1 where a process cannot safely be forked off."""
        if sys.platform != "linux":
            return 1
        return min(len(os.sched_getaffinity(0)), 4)

    def repository(self) -> Repository:
        """Open the registry's repository that the directory lies in."""
        from promptctl.cli.output.text import note, safe
        from promptctl.store.repository import Repository

        return Repository.discover(self.directory, self.environ, lambda text: note(self, safe(text)))

    def actor(self, repository: Repository) -> Actor:
        """Return who acts now: git's user, and the jittered pause of this process."""
        from promptctl.services.environment_change import actor_of

        return actor_of(repository, self.now, self.pause)

    def wait(self, seconds: float) -> None:
        """Let time pass; afterwards it is later."""
        time.sleep(seconds)
        self.__dict__.pop("now", None)

    def pause(self, attempt: int) -> None:
        """Wait before another attempt: random, so that many who collided do not meet again."""
        time.sleep(self.random.uniform(0.0, min(1.5, 0.05 * 2**attempt)))

    @property
    def width(self) -> int:
        """Columns of the terminal, or what COLUMNS says; 100 where there is none.

        As `shutil` does it, whose import alone takes as long as reading a lock.
        """
        columns = os.environ.get("COLUMNS", "")
        if columns.isdecimal() and int(columns):
            return int(columns)
        try:
            return os.get_terminal_size(sys.__stdout__.fileno()).columns or 100  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):
            return 100


def _set_output(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value:
        ctx.obj.output = value


def not_blank(_: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse an option that says nothing."""
    if not value.strip():
        raise UsageError(f"--{parameter.name} is empty", hint="say why: people will read it later")
    return value


def verb(function: Command) -> click.Command:
    """Make a verb: it gets the `Context` first, and takes `-o` after its own name too."""
    option = click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json"]),
        expose_value=False,
        callback=_set_output,
        help="How to print results.",
    )
    settings = {"help_option_names": ["-h", "--help"]}
    return click.command(context_settings=settings)(option(click.pass_obj(function)))
