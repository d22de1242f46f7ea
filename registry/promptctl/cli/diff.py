"""`promptctl diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.difference import changes_json, show_changes, show_marks, show_refused
from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.text import emit, note, safe, say
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import Ref, short_name

if TYPE_CHECKING:
    from promptctl.services.compared import Compared, Side
    from promptctl.services.diff import Comparison

_NOT_RELEASED = ("evals/", "datasets/", "promptctl.yaml")


@verb
@click.argument("before", metavar="REF")
@click.argument("after", metavar="REF")
def command(context: Context, before: str, after: str) -> None:
    """Say what changed in meaning from the first REF to the second, and the bump that it implies.

    A REF is NAME (the files), NAME@1.2.0, NAME@prod or NAME@git:REV; @staging and @prod compare everything
    that two environments serve. Words that go stand in [-…-], words that come in {+…+}. What forbids, asks or
    logs less than before is marked LOOSENS POLICY, a gate of promptctl.yaml that asks less too; a suite that
    judges less, LOOSENS SUITE. The exit code is 0 whatever it finds.

    \b
    promptctl diff support-answer@prod support-answer
    promptctl diff support-answer@1.0.0 support-answer@1.1.0
    promptctl diff @staging @prod
    promptctl diff evals/support-answer@git:main evals/support-answer
    promptctl diff promptctl.yaml@git:main promptctl.yaml
    """
    from promptctl.services.diff import diff

    with open_workspace(context) as workspace:
        found = diff(workspace, Ref.parse(before), Ref.parse(after))
    if context.output == "json":
        emit("diff", _plain(found))
    else:
        _show(context, found)


def _show(context: Context, found: Comparison) -> None:
    differing = [each for each in (*found.compared, *found.suites) if each.outcome != "same"]
    differing += [found.pipeline] if found.pipeline else []
    for place, each in enumerate(differing):
        if place:
            say(context)
        _show_one(context, found, each)
    same = len(found.compared) - sum(each.outcome != "same" for each in found.compared)
    if not differing:
        words = "the same behaviour" if _is_released(found) else "the same"
        say(context, f"{safe(found.before)} and {safe(found.after)}: {words}")
    elif same and len(found.compared) > 1:
        say(context)
        say(context, f"{same:,} more {'serves' if same == 1 else 'serve'} the same in both")
    if found.suites_problem:
        note(context, f"the suites could not be compared: {safe(found.suites_problem)}")
    if found.pipeline_problem:
        note(context, f"promptctl.yaml could not be compared: {safe(found.pipeline_problem)}")


def _is_released(found: Comparison) -> bool:
    return not any(each.address.startswith(_NOT_RELEASED) for each in found.compared)


def _show_one(context: Context, found: Comparison, each: Compared) -> None:
    name = safe(short_name(each.address))
    if each.before is None or each.after is None:
        only = each.before or each.after
        version = f"{only.version} " if only and only.version else ""
        where = safe(only.where) if only and not only.version else safe(_ref(found, each))
        say(context, f"{name}  {version}only in {where}", bold=True)
        show_changes(context, each.difference, root=each.address)
        return
    say(context, f"{name}  {_words(each.before)} → {_words(each.after)}", bold=True)
    show_refused(context, each.refused)
    show_changes(context, each.difference, root=each.after.address)
    show_marks(context, each.difference)
    _show_bump(context, each)


def _ref(found: Comparison, each: Compared) -> str:
    return found.before if each.before else found.after


def _show_bump(context: Context, each: Compared) -> None:
    """Say the bump and why, where a release would get it."""
    bump, version = each.difference.bump, each.next_version
    if bump is None or each.before is None or each.after is None or each.after.version is not None:
        return
    versions = f" ({each.before.version} → {version})" if version else ""
    why = "nothing in the contract breaks"
    if bump == "major":
        first, *more = each.difference.reasons
        why = first.what if first.where.partition(".")[0] != "embedding" else f"{first.where}: {first.what}"
        why += f", and {len(more)} more" if more else ""
    words = f"implied bump: {bump}{versions}, because {why}"
    say_wrapped(context, words, indent="  ", hang="    ", fg="cyan")


def _words(side: Side) -> str:
    """Return where it is, and which version that is."""
    if side.version is None or side.where == str(side.version):
        return safe(side.where)
    return f"{safe(side.where)} ({side.version})"


def _plain(found: Comparison) -> dict[str, Any]:
    return {
        "before": found.before,
        "after": found.after,
        "artifacts": [_compared(each) for each in found.compared],
        "suites": [_compared(each) for each in found.suites],
        "suites_problem": found.suites_problem,
        "pipeline": _compared(found.pipeline) if found.pipeline else None,
        "pipeline_problem": found.pipeline_problem,
    }


def _compared(each: Compared) -> dict[str, Any]:
    return {
        "address": each.address,
        "outcome": each.outcome,
        "before": _side(each.before),
        "after": _side(each.after),
        "bump": each.difference.bump,
        "reasons": [change.where for change in each.difference.reasons],
        "loosens": bool(each.difference.loosened),
        "changes": changes_json(each.difference),
        "refused": [{"code": one.code, "message": one.message, "hint": one.hint} for one in each.refused],
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    version = str(side.version) if side.version else None
    return {"address": side.address, "where": side.where, "version": version, "digest": side.digest}
