"""Two tool policies: what an agent may do with tools now, and which of it is looser.

A tool that is not listed falls under `default`; a listed one is bound by its entry. The table
is in docs/reference/loosening.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from promptctl.core.kinds.tool_policy import AllowedTool, Argument, Logging, ToolPolicy
from promptctl.model.difference.policy_change import UNPROVEN, PolicyChange, number
from promptctl.model.difference.steps import written

_STRICT_ANNOTATIONS = {
    "destructiveHint": True,
    "openWorldHint": True,
    "readOnlyHint": False,
    "idempotentHint": False,
}
"""The value with which the Model Context Protocol's hint asks for more care; `title` is for people alone."""
_CONTENT = {"none": "nothing", "redacted": "redacted text", "full": "the whole text"}


def changes(before: ToolPolicy, after: ToolPolicy) -> Iterator[PolicyChange]:
    """Yield every change. What is looser, or cannot be shown not to be, is marked."""
    if before.default != after.default:
        now = "denied" if after.default == "deny" else "allowed"
        yield PolicyChange("default", f"a tool that is not listed is now {now}", after.default != "deny")
    old, new = _by_name(before.tools), _by_name(after.tools)
    for name in sorted({*old, *new}):
        path = f"tools.{name}"
        if old.get(name) == new.get(name):
            continue
        if name not in new:
            falls = after.default != "deny"
            now = "no longer has limits: like every tool that is not listed it is allowed"
            yield PolicyChange(path, f"{name} {now if falls else 'may no longer be called'}", falls)
        elif len(old.get(name, ())) > 1 or len(new[name]) > 1:
            yield PolicyChange(path, f"{name} is listed more than once and changed: {UNPROVEN}", loosens=True)
        elif name in old:
            yield from _tool(path, old[name][0], new[name][0])
        else:
            yield from _added(path, new[name][0], was_allowed=before.default != "deny")


def _by_name(tools: Iterable[AllowedTool]) -> Mapping[str, list[AllowedTool]]:
    found: dict[str, list[AllowedTool]] = defaultdict(list)
    for each in tools:
        found[each.name].append(each)
    return dict(found)


def _added(path: str, tool: AllowedTool, *, was_allowed: bool) -> Iterator[PolicyChange]:
    if was_allowed:
        yield PolicyChange(path, f"{tool.name} is now bound by limits of its own")
        yield from (each for each in _logging(path, tool.name, Logging(), tool.logging) if each.loosens)
    else:
        yield PolicyChange(path, f"{tool.name} may now be called, to {tool.access}", loosens=True)


def _tool(path: str, old: AllowedTool, new: AllowedTool) -> Iterator[PolicyChange]:
    name = old.name
    if old.access != new.access:
        may = "may now only read" if new.access == "read" else f"may now {new.access}"
        yield PolicyChange(f"{path}.access", f"{name} {may}", new.access != "read")
    for scope in sorted({*new.scopes} - {*old.scopes}):
        yield PolicyChange(f"{path}.scopes", f"{name} now has the scope {scope}", loosens=True)
    for scope in sorted({*old.scopes} - {*new.scopes}):
        yield PolicyChange(f"{path}.scopes", f"{name} no longer has the scope {scope}")
    yield from _annotations(path, name, old.annotations, new.annotations)
    for each in sorted({*old.arguments, *new.arguments}):
        before, after = old.arguments.get(each), new.arguments.get(each)
        yield from _argument(f"{path}.arguments.{each}", f"{name}: {each}", before, after)
    yield from _limit(f"{path}.limits.per_minute", name, "calls a minute", old.limits, new.limits)
    yield from _limit(f"{path}.limits.timeout_ms", name, "ms for a call", old.limits, new.limits)
    yield from _logging(path, name, old.logging, new.logging)


def _annotations(
    path: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[PolicyChange]:
    for hint in sorted({*old, *new}):
        was, now = old.get(hint), new.get(hint)
        if was == now and type(was) is type(now):
            continue
        what = f"{name}: {hint} is now {'not set' if hint not in new else written(now)}"
        if hint in old:
            what += f" ({written(was)} before)"
        if hint in _STRICT_ANNOTATIONS:
            loosens = _care(hint, new) < _care(hint, old)
        else:
            loosens = hint != "title"
            what += f": {UNPROVEN}" if loosens else ""
        yield PolicyChange(f"{path}.annotations.{hint}", what, loosens)


def _care(hint: str, annotations: Mapping[str, Any]) -> int:
    """Return how much care a hint asks for: 2 if it says so, 1 if it says nothing, 0 if it denies it."""
    if hint not in annotations:
        return 1
    return 2 if annotations[hint] is _STRICT_ANNOTATIONS[hint] else 0


def _argument(path: str, name: str, old: Argument | None, new: Argument | None) -> Iterator[PolicyChange]:
    if old == new:
        return
    if new is None:
        yield PolicyChange(path, f"{name} may now be anything", loosens=True)
        return
    if old is None:
        yield PolicyChange(path, f"{name} now has bounds")
        return
    if old.type != new.type:
        what = f"{name} is now of type {new.type} ({old.type} before): {UNPROVEN}"
        yield PolicyChange(f"{path}.type", what, loosens=True)
    is_number = {old.type, new.type} <= {"integer", "decimal"}
    yield from _bound(f"{path}.max", f"{name} may now be at most", old.max, new.max, 1 if is_number else 0)
    yield from _bound(f"{path}.min", f"{name} must now be at least", old.min, new.min, -1 if is_number else 0)
    yield from _pattern(f"{path}.pattern", name, old.pattern, new.pattern)
    yield from _allowed(f"{path}.allowed", name, set(old.allowed), set(new.allowed))


def _bound(path: str, words: str, old: str | None, new: str | None, direction: int) -> Iterator[PolicyChange]:
    """`direction` is that in which a bound gets looser, 0 where numbers do not say it."""
    if old == new:
        return
    if new is None:
        what = f"{words.replace('now be', 'be anything: no longer')} {old}"
        yield PolicyChange(path, what, loosens=True)
    elif old is None:
        yield PolicyChange(path, f"{words} {new} (no bound before)")
    else:
        was, now = number(old), number(new)
        what = f"{words} {new} ({old} before)"
        if was is None or now is None or not direction:
            yield PolicyChange(path, f"{what}: {UNPROVEN}", loosens=True)
        else:
            yield PolicyChange(path, what, (now - was) * direction > 0)


def _pattern(path: str, name: str, old: str | None, new: str | None) -> Iterator[PolicyChange]:
    if old == new:
        return
    if new is None:
        yield PolicyChange(path, f"{name} need no longer match {old}", loosens=True)
    elif old is None:
        yield PolicyChange(path, f"{name} must now match {new}")
    else:
        what = f"{name} must now match {new} ({old} before): {UNPROVEN}"
        yield PolicyChange(path, what, loosens=True)


def _allowed(path: str, name: str, old: set[str], new: set[str]) -> Iterator[PolicyChange]:
    if old and not new:
        yield PolicyChange(path, f"{name} may now have any value", loosens=True)
    elif new and not old:
        yield PolicyChange(path, f"{name} may now only be {', '.join(sorted(new))}")
    else:
        for value in sorted(new - old):
            yield PolicyChange(path, f"{name} may now also be {written(value)}", loosens=True)
        for value in sorted(old - new):
            yield PolicyChange(path, f"{name} may no longer be {written(value)}")


def _limit(path: str, name: str, words: str, old: Any, new: Any) -> Iterator[PolicyChange]:
    field = path.rpartition(".")[2]
    was, now = getattr(old, field), getattr(new, field)
    if was == now:
        return
    if now is None:
        yield PolicyChange(path, f"{name} is no longer held to {was:,} {words}", loosens=True)
    elif was is None:
        yield PolicyChange(path, f"{name} is now held to {now:,} {words}")
    else:
        yield PolicyChange(path, f"{name} is now held to {now:,} {words} ({was:,} before)", now > was)


def _logging(path: str, name: str, old: Logging, new: Logging) -> Iterator[PolicyChange]:
    path += ".logging"
    if old.every_call != new.every_call:
        now = "every call is now logged" if new.every_call else "not every call is logged any more"
        yield PolicyChange(f"{path}.every_call", f"{name}: {now}", not new.every_call)
    if old.content != new.content:
        # More in the log is more personal data in more hands, less is an audit that sees less.
        now, was = (_CONTENT.get(each, each) for each in (new.content, old.content))
        what = f"{name}: of what is said in a call, the log now keeps {now} ({was} before)"
        yield PolicyChange(f"{path}.content", what, loosens=True)
    if old.on_log_failure != new.on_log_failure:
        may = "may no longer run" if new.on_log_failure == "deny" else "may now run"
        what = f"{name} {may} when the call cannot be logged"
        yield PolicyChange(f"{path}.on_log_failure", what, new.on_log_failure != "deny")
