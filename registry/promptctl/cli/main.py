"""The `promptctl` command: its verbs, and the one handler of everything that goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword

import click

from promptctl.cli.context import Context
from promptctl.cli.output.text import report_error
from promptctl.core.suggest import nearest
from promptctl.errors import PromptctlError, UsageError

VERBS = {
    "init": "Make a registry that works at once.",
    "quickstart": "Tell the whole story on a throw-away registry.",
    "import": "Make prompts, suites and datasets of other tools' files.",
    "validate": "Report everything wrong in the registry's files.",
    "fmt": "Bring the files into one layout; comments stay.",
    "list": "List artifacts, their versions and where they serve.",
    "show": "Show one artifact or release, whole.",
    "render": "Print the messages as the runtime would make them.",
    "export": "Write a prompt as a file of another tool.",
    "diff": "Say what changed in meaning, and the bump it implies.",
    "eval": "Run suites, print the verdict, record the evidence.",
    "release": "Make an immutable, tagged version of a prompt.",
    "approve": "Say, signed, that a release may serve in an environment.",
    "waive": "Let a release past a gate, signed, for whoever promotes it.",
    "revoke": "Take the effect of a signed statement away.",
    "promote": "Let releases serve in an environment, through its gates.",
    "rollback": "Let an earlier release serve again, in seconds.",
    "hold": "Stop promotions of a release, a name or an environment.",
    "unhold": "Let them go on.",
    "status": "Show on one screen what serves where.",
    "history": "Show who moved what, when and why.",
    "blame": "Say for an incident what served, and what had changed.",
    "repair": "Number an environment anew after a restore from backup.",
    "verify": "Recompute everything from bytes and name each violation.",
    "doctor": "Say what is wrong with this clone, remote and settings.",
    "schema": "Print JSON Schemas of the files, for editors.",
}


class Verbs(click.Group):
    """Loads the module of a verb only when that verb is called (P1: `--help` imports click alone)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of a release's life."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb."""
        if cmd_name not in VERBS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = import_module(f"promptctl.cli.{module}").command
        command.short_help = VERBS[cmd_name]
        return command  # type: ignore[no-any-return]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the verb that was meant."""
        if args[0] not in VERBS:
            close = nearest(args[0], VERBS)
            hint = f"did you mean `promptctl {close}`?" if close else "promptctl --help"
            raise UsageError(f"there is no command {args[0]!r}", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's callback
    if wanted:
        from importlib.metadata import version

        click.echo(f"promptctl {version('promptctl-registry')}")
        ctx.exit()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-C", "directory", default=".", metavar="DIR", help="Work in DIR instead of here.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), help="How to print results.")
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
@click.option("--no-color", is_flag=True, help="No colour (NO_COLOR is obeyed too).")
@click.option("--debug", is_flag=True, help="Show the traceback of what went wrong.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def cli(ctx: click.Context, /, **options: object) -> None:
    """Release management for the behaviour of LLM systems.

    \b
    promptctl quickstart                              the whole story, in minutes
    promptctl validate                                what a pull request meets
    promptctl release support-answer                  an immutable version
    promptctl promote support-answer --to prod        through the gates
    promptctl rollback support-answer --env prod --reason "…"
    """
    ctx.obj.set(**options)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. Nothing but an exit code leaves this function."""
    context = Context()
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if _asks_for_json(words):
        context.output = "json"
    try:
        code = cli.main(words, prog_name="promptctl", standalone_mode=False, obj=context)
        return code if isinstance(code, int) else 0
    except PromptctlError as error:
        return report_error(context, error)
    except click.ClickException as error:
        return report_error(context, UsageError(error.format_message(), hint=_help_hint(error)))
    except (KeyboardInterrupt, click.Abort):
        return report_interrupt()
    except BrokenPipeError:
        return _closed_output()
    except Exception as error:  # noqa: BLE001 - the one place where a bug becomes an exit code
        return report_error(context, error)


def _asks_for_json(words: Sequence[str]) -> bool:
    """Known before the words are parsed, so that words which cannot be parsed are refused as JSON too."""
    return any(
        each in {"-ojson", "--output=json"} or words[at : at + 2] in (["-o", "json"], ["--output", "json"])
        for at, each in enumerate(words)
    )


def _help_hint(error: click.ClickException) -> str:
    where = getattr(error, "ctx", None)
    return f"{where.command_path} --help" if where else "promptctl --help"


def report_interrupt() -> int:
    """Say that nothing went on after Ctrl-C; exit code 130."""
    click.echo("interrupted", err=True)
    return 130


def _closed_output() -> int:
    """Return the code of a reader that went away (`| head`), without Python's complaint at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141
