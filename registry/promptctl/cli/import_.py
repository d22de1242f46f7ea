"""`promptctl import`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.text import emit, safe, say
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import KINDS, short_name
from promptctl.core.suggest import did_you_mean
from promptctl.core.written import counted
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.model.findings import Finding
    from promptctl.services.importing.formats import Format
    from promptctl.services.importing.plan import Plan

_FILES_SHOWN = 8
_FINDINGS_SHOWN = 20


@verb
@click.argument("form", metavar="FORMAT")
@click.argument("path", metavar="PATH")
@click.option("--into", default="", metavar="NAME", help="Put everything below this name: prompts/NAME/….")
@click.option("--name", default="", metavar="NAME", help="What to call the one file that is imported.")
@click.option("--columns", metavar="NAME,TEXT", help="csv: the columns of the names and of the texts.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def command(
    context: Context,
    form: str,
    path: str,
    *,
    into: str,
    name: str,
    columns: str | None,
    dry_run: bool,
) -> int:
    """Make prompts, suites and datasets of other tools' files; PATH is a file or a folder.

    Bodies stay as they are, or are really translated. What cannot be carried over is said, with its line.
    Nothing is run, nothing is fetched, no file is replaced. Exit code 1 where something could not be
    imported.

    \b
    FORMAT is one of:
      prompty          Prompty v1 and v2
      dotprompt        Firebase Genkit's dotprompt
      github           GitHub Models (.prompt.yml)
      promptfoo        promptfoo configurations: prompts, tests, assertions
      langchain        LangChain prompts, saved or dumped
      semantic-kernel  Semantic Kernel functions
      text             plain text and Markdown
      csv              a table with one prompt a row

    \b
    promptctl import github ../app/summarize.prompt.yml
    promptctl import prompty ../app/prompts --into app --dry-run
    promptctl import csv prompts.csv --columns title,text
    """
    from promptctl.services.importing.placing import place
    from promptctl.services.importing.plan import Request, plan

    chosen = _format(form)
    pair = _columns(form, columns)
    with open_workspace(context) as workspace:
        request = Request(context.directory / path, path, into, name, pair)
        planned = plan(workspace.root, chosen, request)
        if not dry_run and planned.files:
            place(workspace.root, planned.files)
    commands = _next(planned)
    if context.output == "json":
        emit("import", _plain(planned, commands, dry_run=dry_run))
    else:
        _show(context, planned, commands, dry_run=dry_run)
    return 1 if planned.errors_count else 0


def _format(name: str) -> Format:
    from promptctl.services.importing.formats import FORMATS

    if name not in FORMATS:
        hint = did_you_mean(name.lower(), FORMATS, "known")
        raise UsageError(f"there is no format {name!r}", hint=hint)
    return FORMATS[name]


def _columns(form: str, text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    if form != "csv":
        raise UsageError(f"{form} has no columns", hint="--columns belongs to csv")
    name, comma, body = text.partition(",")
    if not (name.strip() and comma and body.strip()):
        raise UsageError(f"--columns {text!r} names no two columns", hint="--columns title,text")
    return name.strip(), body.strip()


def _show(context: Context, planned: Plan, commands: list[str], *, dry_run: bool) -> None:
    for path in list(planned.files)[:_FILES_SHOWN]:
        say(context, f"  + {path}", fg="green")
    _more(context, len(planned.files) - _FILES_SHOWN, "file")
    for path in planned.unchanged[:_FILES_SHOWN]:
        say(context, f"  = {path}  is there already, the same", fg="yellow")
    _more(context, len(planned.unchanged) - _FILES_SHOWN, "file")
    _show_findings(context, planned.findings, "Not carried over as it was:")
    _show_findings(context, planned.problems, "To do in the registry:")
    say(context)
    say(context, _summary(planned, dry_run=dry_run), bold=True)
    if commands and not dry_run:
        say(context)
        for each in commands:
            say(context, f"  {each}", fg="cyan")


def _show_findings(context: Context, findings: Sequence[Finding], title: str) -> None:
    """Print each thing that is said once, at its first place, whatever number of files it is true of."""
    if not findings:
        return
    said: dict[tuple[str, str], list[Finding]] = {}
    for each in findings:
        said.setdefault((each.code, each.message), []).append(each)
    say(context)
    say(context, title, bold=True)
    groups = list(said.values())[:_FINDINGS_SHOWN]
    for (first, *others), after in zip(groups, [*groups[1:], None], strict=True):
        more = f" (and in {counted(len(others), 'more place')})" if others else ""
        text = f"{first.where}: {first.severity} {first.code} {first.message}{more}"
        colour = "red" if first.severity == "error" else "yellow"
        say_wrapped(context, text, indent="  ", hang="    ", fg=colour)
        if first.hint and (after is None or after[0].hint != first.hint):  # said once for many
            say_wrapped(context, first.hint, indent="    → ", hang="      ", fg="cyan")
    _more(context, len(said) - _FINDINGS_SHOWN, "finding")


def _more(context: Context, count: int, what: str) -> None:
    if count > 0:
        say(context, f"  … and {counted(count, f'more {what}')}; -o json has them all")


def _summary(planned: Plan, *, dry_run: bool) -> str:
    kinds = Counter(KINDS[path.partition("/")[0]].replace("eval_", "") for path in planned.files)
    made = ", ".join(counted(number, kind) for kind, number in kinds.items()) or (
        "nothing new" if planned.unchanged else "nothing"
    )
    verb = "would become" if dry_run else "became"
    failed = planned.errors_count
    errors = f"; {counted(failed, 'thing')} could not be imported" if failed else ""
    return f"{counted(planned.sources_count, 'file')} {verb}: {made}{errors}"


def _next(planned: Plan) -> list[str]:
    """Return what is worth doing with what was made."""
    made = [*planned.files, *planned.unchanged]
    judged = [path.removeprefix("evals/") for path in made if path.startswith("evals/")]
    prompts = [short_name(path) for path in made if path.startswith("prompts/")]
    if not made:
        return []
    show = f"promptctl show {prompts[0].rpartition('.')[0]}" if prompts else ""
    run = f"promptctl eval {judged[0].rpartition('.')[0]}" if judged else show
    return ["promptctl validate", run] if run else ["promptctl validate"]


def _plain(planned: Plan, commands: list[str], *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "sources": planned.sources_count,
        "written": list(planned.files),
        "unchanged": list(planned.unchanged),
        "findings": [_finding(each) for each in planned.findings],
        "problems": [_finding(each) for each in planned.problems],
        "next": commands,
    }


def _finding(each: Finding) -> dict[str, Any]:
    return {**asdict(each), "path": safe(each.path)}
