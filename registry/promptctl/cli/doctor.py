"""`promptctl doctor`: what is wrong with this clone, its remote and its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.layout import wrapped
from promptctl.cli.output.text import emit, note, safe, say
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.services.doctor.examination import Examination
    from promptctl.services.doctor.problem import Problem

_MARKS = {"error": ("✗", "red"), "warning": ("!", "yellow"), "advice": ("·", "cyan")}


@verb
@click.option("--fix", is_flag=True, help="Repair what can be repaired here; asks before each.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@click.option("--app", type=click.IntRange(min=1), metavar="ID", help="The GitHub App that promotes.")
def command(context: Context, *, fix: bool, yes: bool, app: int | None) -> int:
    """Say what is wrong with this clone, the remote and their settings, and what helps.

    Exit 1 where something is wrong; advice (·) is not. On GitHub the rulesets are read through gh.

    \b
    promptctl doctor
    promptctl doctor --fix
    promptctl doctor --app 123456
    """
    from promptctl.services.doctor.examination import examine
    from promptctl.services.doctor.problem import Subject

    if fix and context.output == "json" and not yes:
        raise UsageError("--fix asks, and with -o json nobody answers", hint="add --yes")
    with context.repository() as repository:
        found = examine(Subject(repository, context.now, app))
        if context.output != "json":
            _show(context, found)
        fixed = [each for each in found.problems if fix and _repair(context, each, yes=yes)]
    if context.output == "json":
        emit("doctor", _plain(found, fixed))
    return int(any(each.severity != "advice" for each in found.problems if each not in fixed))


def _show(context: Context, found: Examination) -> None:
    from promptctl.services.doctor.examination import command_of

    for each in found.problems:
        mark, colour = _MARKS[each.severity]
        for line in _wrapped(each.what, context.width, f"{mark} {each.check}: "):
            say(context, line, fg=colour)
        for line in _wrapped(each.why, context.width, "  "):
            say(context, line)
        if each.fix:
            is_command = each.fix.startswith(("git ", "promptctl ")) and ", " not in each.fix
            lines = [safe(f"  → {each.fix}")] if is_command else _wrapped(each.fix, context.width, "  → ")
            say(context, "\n".join(lines), fg="cyan")  # a command is whole, to be copied
        say(context)
    for place, ruleset in enumerate(found.rulesets):
        say(context, f"{'second' if place else 'first'} ruleset", bold=True)
        say(context, safe(command_of(ruleset, found.rulesets_path)))
        say(context)
    if found.passed:
        for line in _wrapped(", ".join(found.passed), context.width, "✓ "):
            say(context, line, fg="green")


def _wrapped(text: str, width: int, mark: str) -> list[str]:
    """Return prose behind a mark; what already has lines keeps them."""
    hang = " " * (4 if "→" in mark else 2)
    lines: list[str] = []
    for each in text.split("\n"):
        lines += wrapped(each, width, indent=hang if lines else mark, hang=hang)
    return lines


def _repair(context: Context, problem: Problem, *, yes: bool) -> bool:
    repair = problem.repair
    if repair is None:
        return False
    if not yes and not click.confirm(safe(f"{repair.question}?"), default=False, err=True):
        return False
    try:
        repair.act()
    except OSError as error:
        note(context, safe(f"not done: {error}"))
        return False
    note(context, safe(f"done: {repair.question}"))
    return True


def _plain(found: Examination, fixed: list[Problem]) -> dict[str, Any]:
    keys = ("check", "severity", "what", "why", "fix")
    return {
        "problems": [
            {**{key: getattr(each, key) for key in keys}, "fixed": each in fixed} for each in found.problems
        ],
        "passed": list(found.passed),
        "rulesets": list(found.rulesets),
    }
