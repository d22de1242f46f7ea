"""`promptctl fmt`."""

from __future__ import annotations

from dataclasses import asdict
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.findings import plain
from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.text import emit, safe, say
from promptctl.cli.workspace import inside, open_workspace
from promptctl.core.written import counted

if TYPE_CHECKING:
    from promptctl.services.formatting import Change, Formatting

_COLOURS = {"-": "red", "+": "green", "@": "cyan"}


@verb
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where a file would change.")
@click.option("--diff", is_flag=True, help="As --check, and show the lines that would change.")
def command(context: Context, paths: tuple[str, ...], check: bool, diff: bool) -> int:  # noqa: FBT001 - options
    """Bring the registry's files, or those in PATHs, into one layout; what they say stays the same.

    Sets indentation, spaces and blank lines of YAML and front matter, one JSON object a line in datasets, and
    mends CR LF and byte order marks. Comments, quotes, line breaks, the order of keys and the text of prompts
    stay as they are. A file that cannot be read is left alone: exit code 1.

    \b
    promptctl fmt
    promptctl fmt prompts/support-answer.md partials
    promptctl fmt --check
    """
    from promptctl.services.formatting import apply, plan
    from promptctl.store.files import from_work_tree

    with open_workspace(context) as workspace:
        root = workspace.root
    found = plan(from_work_tree(root), [inside(root, context.directory, each) for each in paths])
    writes = not (check or diff)
    if writes:
        apply(root, found.changes)
    if context.output == "json":
        emit("fmt", _plain(found, writes=writes))
    else:
        _show(context, found, writes=writes, diff=diff)
    return 0 if found.is_clean and (writes or not found.changes) else 1


def _show(context: Context, found: Formatting, *, writes: bool, diff: bool) -> None:
    from promptctl.services.formatting import holds_secret

    for change in found.changes:
        if diff and not holds_secret(change):
            _show_lines(context, change)
        else:
            why = "  (not shown: it holds a secret)" if diff else ""
            say(context, f"  ~ {safe(change.path)}{why}", fg="yellow")
    for path in found.kept:
        say(context, f"  ! {safe(path)}  its layout would change what it says: kept as it is", fg="red")
    for each in found.findings:
        say(context, f"{plain(each.where)}: {each.severity} {each.code} {plain(each.message)}", fg="red")
        say_wrapped(context, plain(each.hint), indent="    → ", hang="      ", fg="cyan")
    say(context, _summary(found, writes=writes), bold=True)
    if found.changes and not writes:
        say(context, "→ promptctl fmt", fg="cyan")


def _show_lines(context: Context, change: Change) -> None:
    sides = [_lines(each) for each in (change.before, change.after)]
    for line in unified_diff(sides[0], sides[1], change.path, change.path, n=1, lineterm=""):
        say(context, plain(line), fg=_COLOURS.get(line[0]))


def _lines(content: bytes) -> list[str]:
    lines = content.decode("utf-8", "replace").split("\n")
    return lines[:-1] if not lines[-1] else [*lines, "\\ No newline at end of file"]


def _summary(found: Formatting, *, writes: bool) -> str:
    files = counted(found.files_count, "file")
    if found.is_clean and not found.changes:
        return f"{files}, all in their layout"
    parts = [files, f"{len(found.changes):,} {'changed' if writes else 'would change'}"]
    unread = len({each.path for each in found.findings}) + len(found.kept)
    return ", ".join([*parts, f"{unread:,} left alone"] if unread else parts)


def _plain(found: Formatting, *, writes: bool) -> dict[str, Any]:
    return {
        "changes": [each.path for each in found.changes],
        "written": writes and bool(found.changes),
        "kept": list(found.kept),
        "findings": [asdict(each) for each in found.findings],
        "files": found.files_count,
    }
