"""`promptctl init`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.text import emit, note, safe, say
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.services.init import Initialised

_NAMES = {"global": "everywhere"}


@verb
@click.argument("directory", required=False, default=".", metavar="[DIR]")
@click.option("--signing", is_flag=True, help="Set signing up here, for you or for CI.")
@click.option("--key", metavar="PATH", help="The key to take or to make.  [~/.ssh/id_ed25519]")
@click.option("--global", "everywhere", is_flag=True, help="Let git sign with it in all your clones.")
@click.option("--ci", metavar="EMAIL", help="Make a key for a workflow that acts under this e-mail.")
def command(context: Context, directory: str, **options: Any) -> None:
    """Make a registry that works at once, in DIR or here.

    Writes an example prompt with its suite and dataset, a pipeline dev → staging → prod, the workflow of a
    pull request, and schemas for editors; makes a git repository where there is none. Never overwrites a
    file, commits nothing.

    \b
    promptctl init
    promptctl init our-prompts

    With --signing it takes the key that git has, or makes one, tells git to sign with it in this clone, and
    writes your line into .promptctl/allowed_signers. Doing it again changes nothing.

    \b
    promptctl init --signing
    promptctl init --signing --ci release-bot@acme.example
    """
    if options["signing"]:
        _sign(context, directory, options)
        return
    if given := [f"--{name}" for name in ("key", "ci", "global") if options[_NAMES.get(name, name)]]:
        raise UsageError(f"{given[0]} belongs to --signing", hint=f"promptctl init --signing {given[0]} …")
    _init(context, directory)


def _sign(context: Context, directory: str, options: dict[str, Any]) -> None:
    from promptctl.cli.output import signing
    from promptctl.services.signing_setup import set_up_ci, set_up_person

    if options["ci"] and options["everywhere"]:
        raise UsageError("--ci changes no settings of git: --global has no meaning with it")
    key = str(context.directory / options["key"]) if options["key"] else ""
    context.directory = context.directory / directory
    with context.repository() as repository:
        if options["ci"]:
            done = set_up_ci(repository, options["ci"], key=key)
        else:
            done = set_up_person(repository, key=key, everywhere=options["everywhere"])
    if context.output == "json":
        emit("init-signing", signing.plain(done))
    elif options["ci"]:
        signing.show_ci(context, done)
    else:
        signing.show_person(context, done, everywhere=options["everywhere"])


def _init(context: Context, directory: str) -> None:
    from importlib.metadata import version

    from promptctl.services.init import EXAMPLE, init

    done = init(context.directory / directory, context.environ, version("promptctl-registry"))
    commands = [
        *_commands(done),
        f"promptctl release {EXAMPLE}",
        f"promptctl promote {EXAMPLE} --to dev",
    ]
    if context.output == "json":
        emit("init", _plain(done, commands))
    else:
        _show(context, done, commands)
    if done.warning:
        note(context, f"warning: {done.warning}")


def _show(context: Context, done: Initialised, commands: list[str]) -> None:
    for path in _together(done.created):
        say(context, f"  + {path}", fg="green")
    for path in _together(done.kept):
        say(context, f"  = {path}  is there already: kept as it is", fg="yellow")
    what = "a new git repository" if done.made_repository else "the git repository that was there"
    say(context)
    say(context, f"A registry in {safe(str(_shown(done.root)))}, {what}. Next:", bold=True)
    say(context)
    for each in commands:
        say(context, f"  {safe(each)}", fg="cyan")


def _together(paths: Iterable[str]) -> list[str]:
    """Return paths with those of the schemas, which belong together, as their folder."""
    from promptctl.services.schema import FOLDER

    return list(dict.fromkeys(FOLDER if each.startswith(f"{FOLDER}/") else each for each in paths))


def _commands(done: Initialised) -> list[str]:
    """Return the commands that make a commit of exactly what was written, and share it."""
    from shlex import join, quote

    here = str(_shown(done.root))
    commands = [f"cd {quote(here)}"] if done.root != _here() else []
    if done.created:
        words = "--all" if done.made_repository else join(_together(done.created))
        push = f" && git push {quote(done.remote)} HEAD" if done.remote else ""
        commands.append(f'git add {words} && git commit --message "a registry"{push}')
    return commands


def _shown(root: Path) -> Path:
    here = _here()
    return root.relative_to(here) if here and root != here and root.is_relative_to(here) else root


def _here() -> Path | None:
    """Return the current directory, None where it was deleted meanwhile."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def _plain(done: Initialised, commands: list[str]) -> dict[str, Any]:
    return {
        "directory": str(done.root),
        "created": list(done.created),
        "kept": list(done.kept),
        "made_repository": done.made_repository,
        "next": commands,
    }
