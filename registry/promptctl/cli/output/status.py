"""The one screen of `promptctl status`: a table, and below it a line for each thing that wants attention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from promptctl.cli.output.text import safe, say
from promptctl.core.names import short_name
from promptctl.core.written import counted, short, timestamp

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.core.lock import Hold
    from promptctl.core.serving import Change
    from promptctl.services.drift import Drift
    from promptctl.services.status import Status, Waiting

ROWS = 40
"""So many artifacts have a row of their own: more are no screen."""

_WAITING_SHOWN = 10  # of each environment: more would push what serves off the screen
_LABEL = 10
_GAP = 3
_MARKS = {"fail": "✗", "inconclusive": "?"}


class _Cell(NamedTuple):
    """What serves under one name in one environment."""

    version: str
    age: str = ""
    colour: str | None = None


def show(context: Context, found: Status) -> None:
    """Print the screen, as wide as the terminal and no wider where that can be."""
    if not any(each.pins for each in found.environments):
        say(context, "nothing serves anywhere yet")
        _act(context, "promptctl release NAME, then promptctl promote NAME --to ENV")
    elif found.shown:
        _show_table(context, found)
    _show_rest(context, found)
    _show_wrong(context, found)
    _show_holds(context, found)
    _show_waiting(context, found)
    _show_moved(context, found)
    _show_standing(context, found)


def age(now: datetime, since: str) -> str:
    """Return how long ago a time is, in its largest unit: `12d`, `3h`, `0s`."""
    return _age(now, since)


@cache  # what was promoted together has one time
def _age(now: datetime, since: str) -> str:
    try:
        seconds = int((now - datetime.fromisoformat(since).astimezone(UTC)).total_seconds())
    except ValueError:
        return "?"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"


def _show_table(context: Context, found: Status) -> None:
    drifted = {(each.environment, each.address) for each in found.drift}
    names = [safe(short_name(each)) for each in found.shown]
    rows = [list(_cells(context, found, each, drifted)) for each in found.shown]
    heads = [each.environment for each in found.environments]
    with_ages = [_width(head, column) for head, column in zip(heads, zip(*rows, strict=True), strict=True)]
    without = [
        max(len(head), *(len(each.version) for each in column))
        for head, column in zip(heads, zip(*rows, strict=True), strict=True)
    ]
    longest = max(map(len, names))
    for widths, has_age in ((with_ages, True), (without, False)):
        room = context.width - sum(widths) - _GAP * len(widths)
        if room >= min(longest, 24):
            _print_table(context, heads, names, rows, widths, min(longest, room), has_age=has_age)
            return
    for name, row in zip(names, rows, strict=True):
        served = ", ".join(f"{head} {cell.version}" for head, cell in zip(heads, row, strict=True))
        _line(context, f"{name}: {served}", hang=2)


def _cells(context: Context, found: Status, address: str, drifted: set[tuple[str, str]]) -> Iterator[_Cell]:
    """Yield a row: what lags behind the environment before it is yellow, what drifted red."""
    earlier = None
    for state in found.environments:
        pin = state.pins.get(address)
        has_drifted = (state.environment, address) in drifted
        lags = earlier is not None and (pin is None or pin.digest != earlier)
        colour = "red" if has_drifted else "yellow" if lags else None
        if pin is None:
            yield _Cell("–", "", colour)
        else:
            yield _Cell(pin.version + ("!" if has_drifted else ""), _age(context.now, pin.since), colour)
        earlier = pin.digest if pin else None


def _width(head: str, column: Sequence[_Cell]) -> int:
    version, since = (max(len(each[at] or "") for each in column) for at in (0, 1))
    return max(len(head), version + 2 + since)


def _print_table(
    context: Context,
    heads: Sequence[str],
    names: Sequence[str],
    rows: Sequence[Sequence[_Cell]],
    widths: Sequence[int],
    first: int,
    *,
    has_age: bool,
) -> None:
    gap = " " * _GAP
    header = [" " * first, *(head.ljust(width) for head, width in zip(heads, widths, strict=True))]
    say(context, gap.join(header).rstrip(), bold=True)
    versions = [max(len(row[at].version) for row in rows) for at in range(len(widths))]
    lines = []
    for name, row in zip(names, rows, strict=True):
        line = [(name if len(name) <= first else name[: first - 1] + "…").ljust(first)]
        for cell, width, version in zip(row, widths, versions, strict=True):
            text = f"{cell.version.ljust(version)}  {cell.age}" if has_age and cell.age else cell.version
            line.append(_coloured(context, text.ljust(width), cell.colour))
        lines.append(gap.join(line).rstrip())
    say(context, "\n".join(lines))


def _coloured(context: Context, text: str, colour: str | None) -> str:
    if not context.color or colour is None:
        return text
    import click

    return click.style(text, fg=colour)


def _show_rest(context: Context, found: Status) -> None:
    left = set(found.addresses) - set(found.shown)
    if found.address or not left:
        return
    same = sum(found.is_same(each) for each in left)
    differ = len(left) - same
    words = [f"{same:,} the same in every environment"] if same else []
    words += [f"{differ:,} that differ"] if differ else []
    say(context, f"… and {' and '.join(words)}: promptctl list")


def _show_wrong(context: Context, found: Status) -> None:
    for place, each in enumerate(found.drift):
        if not place:
            say(context)
        _item(context, "drift", f"{_where(each)}{each.message}", fg="red")
        verify = f"--env {each.environment}" if each.environment else "--all"
        _act(context, f"promptctl verify {verify}")
    for place, frozen in enumerate(found.frozen):
        if not place:
            say(context)
        until = f"until {timestamp(frozen.until)}" if frozen.until else "without an end"
        _item(context, "frozen", f"{frozen.environment}: {frozen.reason}, {until}", fg="cyan")
    for place, (environment, waiver) in enumerate(found.waivers):
        if not place:
            say(context)
        what = f"{environment}: {waiver.gate} for {short_name(waiver.address)}: {waiver.reason}"
        _item(context, "waived", f"{what} ({waiver.by}{_unverified(found, environment)})", fg="red")


def _where(drift: Drift) -> str:
    words = [drift.environment, short_name(drift.address)]
    return "".join(f"{each}: " for each in words if each)


def _show_holds(context: Context, found: Status) -> None:
    for place, (environment, hold) in enumerate(found.holds):
        if not place:
            say(context)
        what = _held_name(found, hold)
        when = f"{hold.by}{_unverified(found, environment)}, {_age(context.now, hold.since)} ago"
        _item(context, "held", f"{environment}: {what}: {hold.reason} ({when})", fg="red")


def _held_name(found: Status, hold: Hold) -> str:
    """Name a held digest by the release that people know."""
    if hold.scope != "digest":
        return "everything" if hold.scope == "environment" else short_name(hold.value)
    address, version = found.held.get(hold.value, ("", ""))
    return f"{short_name(address)} {version}" if address else f"{short(hold.value)}…"


def _show_waiting(context: Context, found: Status) -> None:
    for state in found.environments:
        waiting = [each for each in found.waiting if each.environment == state.environment]
        if not waiting:
            continue
        say(context)
        for each in waiting[:_WAITING_SHOWN]:
            _show_one(context, each)
        if more := len(waiting[_WAITING_SHOWN:]):
            _item(context, "waiting", f"{more:,} more for {state.environment}", fg="yellow")
        unasked = [each for each in waiting if each.gates is None and not each.problem]
        if unasked:
            what = short_name(unasked[0].address) if len(waiting) == 1 else "--all"
            _act(context, f"promptctl promote {what} --to {state.environment} --dry-run says what stops it")


def _show_one(context: Context, waiting: Waiting) -> None:
    name = short_name(waiting.address)
    way = f"{waiting.serves} → {waiting.version}" if waiting.serves else f"{waiting.version}, new there"
    _item(context, "waiting", f"{name} {way}, for {waiting.environment}", fg="yellow")
    stopping = [each for each in waiting.gates or () if each.result != "pass"]
    for gate in stopping:
        first = gate.reason.split("\n")[0]
        _line(context, f"{' ' * _LABEL}{_MARKS[gate.result]} {gate.gate}: {first}", hang=_LABEL + 2)
    if stopping:
        from promptctl.gates.result import hints

        for hint in hints(stopping):
            _act(context, hint)
    if waiting.problem:
        _line(context, f"{' ' * _LABEL}✗ {waiting.problem}", hang=_LABEL + 2)
    elif waiting.gates is not None and not stopping:
        _line(context, f"{' ' * _LABEL}✓ {_passed(waiting)}", hang=_LABEL + 2)
        _act(context, f"promptctl promote {name} --to {waiting.environment}")


def _passed(waiting: Waiting) -> str:
    gates = ", ".join(each.gate for each in waiting.gates or ())
    return f"every gate passes: {gates}"


def _show_moved(context: Context, found: Status) -> None:
    order = [each.environment for each in found.environments if each.environment in found.changes]
    for place, environment in enumerate(order):
        if not place:
            say(context)
        change = found.changes[environment]
        by = f"{change.by}{_unverified(found, environment)}"
        when = f"{_age(context.now, change.at)} ago"
        _item(context, "moved", f"{environment}: {_words(found, environment, change)}, {when} by {by}")


def _words(found: Status, environment: str, change: Change) -> str:
    """Say what changed: `promote support-answer 1.0.0 → 1.1.0`, `hold everything`, `promote 12 releases`."""
    if change.action == "hold":
        made = (hold for name, hold in found.holds if (name, hold.since) == (environment, change.at))
        return f"hold {', '.join(_held_name(found, each) for each in made)}".strip()
    if len(change.moves) > 2:
        return f"{change.action} {counted(len(change.moves), 'release')}"
    moves = [
        f"{short_name(address)} {f'{before} → ' if before else ''}{after or 'nothing'}"
        for address, before, after in change.moves
    ]
    return f"{change.action} {', '.join(moves)}".strip()


def _unverified(found: Status, environment: str) -> str:
    signature = found.signatures.get(environment)
    return "" if signature and signature.principal else ", unverified"


def _show_standing(context: Context, found: Status) -> None:
    """Print the last line: how fresh this is, and whether anything makes the gates hold."""
    when = f"as last fetched: {found.stale}" if found.stale else f"as of {timestamp(context.now)}"
    say(context)
    if found.is_enforced:
        _line(context, f"{when}   gates: enforced for runtimes that check signatures", hang=2)
    else:
        _line(context, f"{when}   gates: advisory, promptctl doctor says why", hang=2)


def _item(context: Context, label: str, text: str, *, fg: str | None = None) -> None:
    _line(context, f"{label.ljust(_LABEL)}{text}", hang=_LABEL, fg=fg)


def _act(context: Context, command: str) -> None:
    if command.startswith("promptctl ") and " waits " not in command and " says " not in command:
        say(context, safe(f"{' ' * _LABEL}→ {command}"), fg="cyan")  # whole, to be copied
        return
    _line(context, f"{' ' * _LABEL}→ {command}", hang=_LABEL + 2, fg="cyan")


def _line(context: Context, text: str, *, hang: int, fg: str | None = None) -> None:
    lines = [safe(text)]
    if len(text) > context.width:
        from promptctl.cli.output.layout import wrapped

        indent = text[: len(text) - len(text.lstrip())]
        label, rest = (text[:_LABEL], text[_LABEL:]) if hang == _LABEL else (indent, text.lstrip())
        lines = wrapped(rest, context.width, indent=label, hang=" " * hang)
    say(context, "\n".join(lines), fg=fg)
