"""`promptctl eval`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.text import emit, note, safe, say
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import Ref
from promptctl.core.written import short, timestamp
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.services.connect import Connections
    from promptctl.services.eval_plan import Recording
    from promptctl.services.evaluate import Judged, Progress, Request
    from promptctl.services.workspace import Workspace

    Done = Sequence[tuple[Request, Sequence[Judged]]]

_FILE = click.Path(dir_okay=False, path_type=Path)


@verb
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@click.option("--baseline", metavar="REF", help="Compare with this: @prod is what serves there.")
@click.option("--suite", "suites", multiple=True, metavar="SUITE", help="Only this suite; may be repeated.")
@click.option("--provider", default="", metavar="NAME", help="Ask this one in place of the prompt's own.")
@click.option("--replay", type=_FILE, metavar="FILE", help="Answer from recorded responses; ask nobody.")
@click.option("--record-responses", "recording", type=_FILE, metavar="FILE", help="Keep every answer here.")
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@click.option("--record", is_flag=True, help="Push the experiments as evidence.")
@click.option("--report", type=_FILE, metavar="FILE", help="Write both sides' answers and scores here.")
def command(context: Context, names: tuple[str, ...], **options: Any) -> int:
    """Run the suites of NAME, compare with what serves, and say what the gate would say.

    NAME is what the files say, NAME@1.2.0 a release, NAME@git:REV a commit. Exit 1 where a verdict is not
    PASS.

    \b
    promptctl eval support-answer
    promptctl eval support-answer --baseline @prod --record
    promptctl eval support-answer@1.2.0 --baseline support-answer@1.1.0 --report report.json
    """
    with open_workspace(context) as workspace:
        requests = _requests(workspace, names, options)
        if options["record"]:
            _note_evaluators(context, workspace)
        done = _evaluate(context, workspace, requests, options)
        recorded = _record(context, workspace, done) if options["record"] else None
    if options["report"]:
        _write_report(options["report"], done)
    _show(context, done, recorded)
    return int(any(each.verdict.result != "PASS" for _, judged in done for each in judged))


def _requests(workspace: Workspace, names: Sequence[str], options: dict[str, Any]) -> list[Request]:
    from promptctl.services.eval_plan import plan

    if options["replay"] and options["provider"] not in {"", "replay"}:
        raise UsageError("recorded responses come from no provider", hint="leave out --provider or --replay")
    provider = "replay" if options["replay"] else options["provider"]
    baseline = Ref.parse(options["baseline"]) if options["baseline"] else None
    refs = [Ref.parse(each) for each in dict.fromkeys(names)]
    if any(not each.address for each in refs):
        raise UsageError("an environment is what to compare with", hint="promptctl eval NAME --baseline @ENV")
    return [
        plan(workspace, each, baseline=baseline, suites=options["suites"], provider=provider) for each in refs
    ]


def _evaluate(
    context: Context, workspace: Workspace, requests: Sequence[Request], options: dict[str, Any]
) -> Done:
    from promptctl.services.evaluate import Tools, evaluate

    with _progress(context) as (on_progress, on_retry):
        tools = Tools(
            connect=_connections(context, workspace, options, on_retry).connect,
            started=timestamp(context.now),
            journals=context.cache_dir / "journals",
            resume=options["resume"],
            on_progress=on_progress,
        )
        return [(request, evaluate(request, tools)) for request in requests]


def _connections(
    context: Context, workspace: Workspace, options: dict[str, Any], on_retry: Callable[[str], None]
) -> Connections:
    from promptctl.services.connect import Connections
    from promptctl.services.eval_plan import default_pipeline

    return Connections(
        pipeline=lambda: default_pipeline(workspace),
        environ=context.environ,
        cache_dir=context.cache_dir,
        jitter=context.random.random,
        on_retry=lambda retry: on_retry(f"{safe(retry.reason)}; again in {retry.wait_s:.1f} s"),
        cassette=options["replay"],
        recording=options["recording"],
    )


@contextmanager
def _progress(context: Context) -> Iterator[tuple[Callable[[Progress], None], Callable[[str], None]]]:
    """Show how far a run is, on a terminal; what is tried again is said in any case."""
    if context.quiet or not sys.stderr.isatty():
        yield _ignore, partial(note, context)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import MofNCompleteColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True, no_color=not context.color)
    bars = Bars(*Bars.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn(), console=console)
    rows: dict[tuple[str, str], Any] = {}

    def on_progress(progress: Progress) -> None:
        key = (progress.suite, progress.label)
        if key not in rows:
            rows[key] = bars.add_task("", total=progress.total)
        errored = f", {progress.errored} errored" if progress.errored else ""
        words = safe(f"{progress.suite} {progress.label}{errored}")
        bars.update(rows[key], completed=progress.done, description=escape(words))

    with bars:
        yield on_progress, partial(console.print, markup=False, highlight=False)


def _ignore(_: Progress) -> None:
    """Show nothing."""


def _note_evaluators(context: Context, workspace: Workspace) -> None:
    """Say before anybody is asked, which takes long, that the evidence will not count."""
    from promptctl.services.eval_plan import evaluators_else

    if others := evaluators_else(workspace, context.actor(workspace.repository)):
        note(context, f"no gate will count this evidence: {_only(others)}")


def _only(evaluators: Sequence[str]) -> str:
    return safe(f"only the signature of {' or '.join(evaluators)} counts")


def _record(context: Context, workspace: Workspace, done: Done) -> Recording:
    from promptctl.services.eval_plan import record

    actor = context.actor(workspace.repository)
    recorded = record(workspace, [each for _, judged in done for each in judged], actor)
    for each in recorded.strange:
        note(context, f"{each} is not the one of the default branch: no gate will count this evidence yet")
    return recorded


def _write_report(path: Path, done: Done) -> None:
    from promptctl.cli.output.verdicts import report_json
    from promptctl.core.written import pretty_json
    from promptctl.store.writing import refusing

    with refusing(path):
        path.write_bytes(pretty_json(report_json(done)))


def _show(context: Context, done: Done, recorded: Recording | None) -> None:
    from promptctl.cli.output.verdicts import evaluation_json, show_judged

    if context.output == "json":
        evaluations = [evaluation_json(request, judged) for request, judged in done]
        names, signer = (list(recorded.names), recorded.signer) if recorded else ([], None)
        emit("eval", {"evaluations": evaluations, "recorded": names, "signer": signer})
        return
    for place, (request, each) in enumerate((request, each) for request, judged in done for each in judged):
        if place:
            say(context)
        show_judged(context, request, each)
    if recorded:
        how = f"signed by {safe(recorded.signer)}" if recorded.signer else "unverified"
        how += f"; {_only(recorded.evaluators)}" if recorded.evaluators else ""
        say(context, f"recorded {', '.join(map(short, recorded.names))} ({how})", fg="cyan")
