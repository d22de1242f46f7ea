"""Two oversight policies: which actions an agent may now take with less of a person, whatever the arguments.

Policies are compared by what they decide, not by how they are written: for every action that a rule names,
both decide on one value between any two numbers that a condition names, and on each of these numbers. The
strictest matching rule wins, so the order of rules means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from typing import NamedTuple

from promptctl.core import durations
from promptctl.core.kinds.oversight_policy import STRICTNESS, Condition, OversightPolicy, OversightRule
from promptctl.model.difference.policy_change import PAIRS, UNPROVEN, PolicyChange, number

_WORDS = {
    "autonomous": "it acts alone",
    "confirm": "a person has to confirm",
    "manual": "a person has to do it",
    "forbidden": "it is forbidden",
}
_DECISIONS = 200_000
"""So many rules are asked at most; an action that needs more is only compared as it is written."""
_DECISIONS_EACH = 100
_BOUNDS = ("lt", "lte", "gt", "gte")
_OTHER = "\0"
"""The text of what stands for everything that no condition names."""


class Value(NamedTuple):
    """What is known of an argument: its text, and the number that this is, if it is one."""

    text: str
    number: Decimal | None = None


class Decision(NamedTuple):
    """The mode, and the rules that it comes from; none where it is the default."""

    mode: str
    rules: tuple[OversightRule, ...]


def decide(policy: OversightPolicy, action: str, values: Mapping[str, Value | None]) -> Decision:
    """Return what the policy says of an action with these arguments."""
    matching = [
        each
        for each in policy.rules
        if each.action == action
        and all(holds(condition, values.get(name)) for name, condition in each.when.items())
    ]
    if not matching:
        return Decision(policy.default, ())
    mode = max((each.mode for each in matching), key=_strictness)
    return Decision(mode, tuple(each for each in matching if each.mode == mode))


def holds(condition: Condition, value: Value | None) -> bool:
    """Whether an argument meets every bound of a condition; one that is not given meets none."""
    exact = value.number if value else None
    for name in _BOUNDS:
        text = getattr(condition, name)
        bound = number(text) if text is not None else None
        if text is not None and (bound is None or exact is None or not _within(name, exact, bound)):
            return False
    return condition.eq is None or (value is not None and value.text == condition.eq)


def _within(name: str, value: Decimal, bound: Decimal) -> bool:
    if value == bound:
        return name in ("lte", "gte")
    return (value < bound) == (name in ("lt", "lte"))


def changes(before: OversightPolicy, after: OversightPolicy) -> Iterator[PolicyChange]:
    """Yield every change. What is looser, or cannot be shown not to be, is marked."""
    if before.default != after.default:
        what = f"where no rule says anything: {_from_to(before.default, after.default)}"
        yield PolicyChange("default", what, _strictness(after.default) < _strictness(before.default))
    yield from _kill_switch(before, after)
    actions = sorted({each.action for each in (*before.rules, *after.rules)})
    most = max(_DECISIONS // max(len(actions), 1), _DECISIONS_EACH)
    for action in actions:
        rules = [[each for each in policy.rules if each.action == action] for policy in (before, after)]
        if rules[0] != rules[1] or before.default != after.default:
            yield from _action(action, before, after, rules, most)


def _action(
    action: str, before: OversightPolicy, after: OversightPolicy, rules: list[list[OversightRule]], most: int
) -> Iterator[PolicyChange]:
    path = f"rules.{action}"
    both = [*rules[0], *rules[1]]
    arguments = sorted({name for each in both for name in each.when})
    domains = [_values([each.when[name] for each in both if name in each.when]) for name in arguments]
    cells = prod(len(each) for each in domains if each)
    if not all(domains) or cells * len(both) > most:
        if sorted(map(repr, rules[0])) != sorted(map(repr, rules[1])):
            yield PolicyChange(path, f"{action}: its rules changed: {UNPROVEN}", loosens=True)
        return
    policies = [
        OversightPolicy(default=policy.default, rules=tuple(each))
        for policy, each in zip((before, after), rules, strict=True)
    ]
    calls = [dict(zip(arguments, each, strict=True)) for each in product(*domains)]
    found = list(_compared(action, policies, calls))
    yield from found
    if not found and rules[0] != rules[1]:
        yield PolicyChange(path, f"{action}: its rules are written differently and decide the same")


def _compared(
    action: str, policies: Sequence[OversightPolicy], cells: Sequence[Mapping[str, Value | None]]
) -> Iterator[PolicyChange]:
    """Yield the greatest step each way with an example of it, and every other change of the terms once."""
    path = f"rules.{action}"
    steps: dict[int, tuple[int, PolicyChange]] = {}
    terms: dict[PolicyChange, None] = {}
    for cell in cells:
        old, new = (decide(policy, action, cell) for policy in policies)
        step = _strictness(new.mode) - _strictness(old.mode)
        if step:
            sign = 1 if step > 0 else -1
            what = f"{action}{_example(cell)}: {_from_to(old.mode, new.mode)}"
            if sign not in steps or abs(step) > steps[sign][0]:
                steps[sign] = abs(step), PolicyChange(path, what, step < 0)
        elif new.mode in ("confirm", "manual"):
            terms.update(dict.fromkeys(_terms(action, old.rules, new.rules)))
    yield from (steps[sign][1] for sign in sorted(steps))
    yield from terms


def _values(conditions: Sequence[Condition]) -> list[Value | None]:
    """Return one value of every sort that conditions tell apart; none where they cannot be evaluated."""
    if Condition() in conditions:
        return []  # whether an argument that is not given meets no bounds, nothing says
    bounds = {getattr(each, name) for each in conditions for name in _BOUNDS} - {None}
    texts = {each.eq for each in conditions if each.eq is not None}
    numbers = {number(each) for each in bounds}
    points = sorted({each for each in numbers | {number(each) for each in texts} if each is not None})
    between = [(low + high) / 2 for low, high in pairwise(points)]
    outside = [points[0] - 1, points[-1] + 1] if points else [Decimal(0)]
    line = sorted([*points, *between, *outside])
    # Numbers that are too large or too close are not told apart by the arithmetic above.
    if None in numbers or len(set(line)) != 2 * len(points) + 1 or line[1::2] != points:
        return []
    exact = [Value(each, number(each)) for each in sorted(texts)]
    return [*(Value(_OTHER, each) for each in (line if points else ())), *exact, Value(_OTHER), None]


def _terms(action: str, old: Sequence[OversightRule], new: Sequence[OversightRule]) -> Iterator[PolicyChange]:
    """Yield how it is now asked, where a person is asked before and after."""
    if list(old) == list(new):
        return
    before: list[OversightRule | None] = [*old] or [None]
    after: list[OversightRule | None] = [*new] or [None]
    if len(before) == len(after) == 1:
        yield from _asked(action, before[0], after[0])
        return

    def is_as_strict(later: OversightRule | None, earlier: OversightRule | None) -> bool:
        return not any(each.loosens for each in _asked(action, earlier, later))

    few = len(before) * len(after) <= PAIRS
    kept = few and all(any(is_as_strict(late, early) for late in after) for early in before)
    sound = kept and all(any(is_as_strict(late, early) for early in before) for late in after)
    if not sound:
        what = f"{action}: several rules hold at once, and changed: {UNPROVEN}"
        yield PolicyChange(f"rules.{action}", what, loosens=True)


def _asked(action: str, old: OversightRule | None, new: OversightRule | None) -> Iterator[PolicyChange]:
    path = f"rules.{action}"
    was, now = (each.approvers if each else None for each in (old, new))
    if was and now is None:
        yield PolicyChange(f"{path}.approvers", f"{action}: anybody may now confirm", loosens=True)
    elif now and was is None:
        yield PolicyChange(f"{path}.approvers", f"{action}: now {now.role} has to confirm")
    elif was and now:
        if was.role != now.role:
            what = f"{action}: {now.role} now confirms in place of {was.role}: {UNPROVEN}"
            yield PolicyChange(f"{path}.approvers.role", what, loosens=True)
        if was.count != now.count:
            people = "person has" if now.count == 1 else "people have"
            what = f"{action}: {now.count} {people} to confirm now ({was.count} before)"
            yield PolicyChange(f"{path}.approvers.count", what, now.count < was.count)
        if was.not_requester != now.not_requester:
            may = "may no longer" if now.not_requester else "may now"
            what = f"{action}: who asks {may} confirm it too"
            yield PolicyChange(f"{path}.approvers.not_requester", what, not now.not_requester)
    yield from _expiry(action, old.expires_in if old else None, new.expires_in if new else None)
    timeouts = [each.on_timeout if each else "deny" for each in (old, new)]
    if timeouts[0] != timeouts[1]:
        what = f"{action}: when nobody answers in time: {timeouts[0]} before, now {timeouts[1]}"
        yield PolicyChange(f"{path}.on_timeout", what, timeouts[1] != "deny")


def _expiry(action: str, old: str | None, new: str | None) -> Iterator[PolicyChange]:
    if old == new:
        return
    path = f"rules.{action}.expires_in"
    if new is None:
        yield PolicyChange(path, f"{action}: a confirmation no longer expires ({old} before)", loosens=True)
    elif old is None:
        yield PolicyChange(path, f"{action}: a confirmation now expires in {new}")
    else:
        was, now = _seconds(old), _seconds(new)
        what = f"{action}: a confirmation now expires in {new} ({old} before)"
        if was is None or now is None:
            yield PolicyChange(path, f"{what}: {UNPROVEN}", loosens=True)
        else:
            yield PolicyChange(path, what, now > was)


def _kill_switch(before: OversightPolicy, after: OversightPolicy) -> Iterator[PolicyChange]:
    old, new = before.kill_switch, after.kill_switch
    if old is not None and new is None:
        yield PolicyChange("kill_switch", f"the kill switch {old.env_var} is gone", loosens=True)
    elif new is not None and old is None:
        yield PolicyChange("kill_switch", f"{new.env_var} is now a kill switch: {_WORDS.get(new.mode)}")
    elif old is not None and new is not None:
        if old.env_var != new.env_var:
            what = f"the kill switch is now {new.env_var}: who sets {old.env_var} stops nothing any more"
            yield PolicyChange("kill_switch.env_var", what, loosens=True)
        if old.mode != new.mode:
            what = f"while the kill switch is set: {_from_to(old.mode, new.mode)}"
            yield PolicyChange("kill_switch.mode", what, _strictness(new.mode) < _strictness(old.mode))


def _strictness(mode: str) -> int:
    return STRICTNESS.get(mode, -1)


def _from_to(old: str, new: str) -> str:
    return f"{_WORDS.get(new, new)} now ({old} → {new})"


def _example(cell: Mapping[str, Value | None]) -> str:
    said = []
    for name, value in cell.items():
        if value is None:
            said.append(f"no {name}")
        elif value.number is not None:
            said.append(f"{name} {value.number:f}")
        else:
            said.append(f"any other {name}" if value.text == _OTHER else f"{name} {value.text}")
    return f", for example with {' and '.join(said)}" if said else ""


def _seconds(text: str) -> int | None:
    try:
        return durations.seconds(text)
    except ValueError:
        return None
