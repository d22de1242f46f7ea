"""Never is anything looser left unmarked: policies decide on sampled calls, before and after a change.

The two functions that decide here are written from the words of the kinds alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from helpers.environments import bundle_of, digest
from helpers.loosening import loosenings
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.bundle import Bundle, parse

MODES = ("autonomous", "confirm", "manual", "forbidden")
NUMBERS = ("0", "9.99", "10", "10.01", "50", "75", "100.00", "1000")
WORDS = ("EUR", "USD", "GBP")


def bundle(address: str, body: Mapping[str, Any]) -> Bundle:
    content = bundle_of(body, address)
    return parse(content, digest=digest(content))


def strictness(policy: Mapping[str, Any], action: str, given: Mapping[str, str]) -> int:
    """The strictest matching rule wins; `default` holds only where none matches."""
    modes = [
        MODES.index(rule["mode"])
        for rule in policy.get("rules", [])
        if rule["action"] == action
        and all(name in given and meets(bounds, given[name]) for name, bounds in rule.get("when", {}).items())
    ]
    return max(modes) if modes else MODES.index(policy.get("default", "manual"))


def meets(bounds: Mapping[str, str], value: str) -> bool:
    for name, bound in bounds.items():
        if name == "eq":
            if value != bound:
                return False
            continue
        try:
            one, other = Decimal(value), Decimal(bound)
        except ArithmeticError:
            return False
        holds = {"lt": one < other, "lte": one <= other, "gt": one > other, "gte": one >= other}[name]
        if not holds:
            return False
    return True


def is_allowed(policy: Mapping[str, Any], call: Mapping[str, Any]) -> bool:
    """What is not listed falls under `default`; a listed tool is bound by all that its entry says."""
    entry = next((each for each in policy.get("tools", []) if each["name"] == call["name"]), None)
    if entry is None:
        return bool(policy.get("default", "deny") == "allow")
    if call["access"] == "write" and entry["access"] == "read":
        return False
    if not set(call["scopes"]) <= set(entry.get("scopes", [])):
        return False
    if call["rate"] > entry.get("limits", {}).get("per_minute", 10**9):
        return False
    return all(
        is_within(bounds, call["arguments"][name])
        for name, bounds in entry.get("arguments", {}).items()
        if name in call["arguments"]
    )


def is_within(bounds: Mapping[str, Any], value: str) -> bool:
    number = Decimal(value)
    if "min" in bounds and number < Decimal(bounds["min"]):
        return False
    if "max" in bounds and number > Decimal(bounds["max"]):
        return False
    return not bounds.get("allowed") or value in bounds["allowed"]


def maps(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


NUMBER = st.sampled_from(NUMBERS)
CONDITION = st.one_of(
    maps(lt=NUMBER, gte=NUMBER),
    maps(lte=NUMBER, gt=NUMBER),
    st.builds(dict, eq=st.sampled_from(NUMBERS + WORDS)),
)
RULE = st.fixed_dictionaries(
    {"action": st.sampled_from(("refund", "move")), "mode": st.sampled_from(MODES)},
    optional={
        "when": st.dictionaries(st.sampled_from(("amount", "currency")), CONDITION, min_size=1, max_size=2)
    },
)
OVERSIGHT = maps(default=st.sampled_from(MODES), rules=st.lists(RULE, max_size=4))
CALLS: list[Mapping[str, str]] = [
    {name: value for name, value in (("amount", amount), ("currency", currency)) if value}
    for amount in ("", *NUMBERS, "-1", "30", "50.00", "99.99", "EUR", "other")
    for currency in ("", *WORDS, "10", "CHF")
]

BOUNDS = maps(
    min=NUMBER, max=NUMBER, allowed=st.lists(NUMBER, min_size=1, max_size=2, unique=True).map(sorted)
)
TOOL = st.fixed_dictionaries(
    {"name": st.sampled_from(("refund", "move")), "access": st.sampled_from(("read", "write"))},
    optional={
        "scopes": st.lists(st.sampled_from("ab"), min_size=1, unique=True).map(sorted),
        "arguments": st.fixed_dictionaries({"amount": BOUNDS.map(lambda each: {"type": "decimal", **each})}),
        "limits": st.fixed_dictionaries({"per_minute": st.sampled_from((1, 5, 60))}),
    },
)
TOOLS = maps(
    default=st.sampled_from(("deny", "allow")),
    tools=st.lists(TOOL, max_size=2, unique_by=lambda each: each["name"]),
)
TOOL_CALLS: list[dict[str, Any]] = [
    {"name": name, "access": access, "scopes": scopes, "rate": rate, "arguments": arguments}
    for name in ("refund", "move", "other")
    for access in ("read", "write")
    for scopes in ((), ("a",), ("b",), ("a", "b"))
    for rate in (1, 5, 6, 100)
    for arguments in ({}, *({"amount": each} for each in ("9", "10", "10.01", "75", "100.00", "2000")))
]


@settings(max_examples=250, deadline=None, derandomize=True)
@given(OVERSIGHT, OVERSIGHT)
def test_an_action_decided_less_strictly_is_marked_and_one_decided_alike_is_not(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = loosenings(bundle("oversight_policies/x", before), bundle("oversight_policies/x", after))
    lax = MODES.index(after.get("default", "manual")) < MODES.index(before.get("default", "manual"))
    marked = {each.where.partition(": ")[2] for each in found}
    assert ("default" in marked) == lax
    for action in ("refund", "move"):
        if any(strictness(after, action, call) < strictness(before, action, call) for call in CALLS):
            assert lax or f"rules.{action}" in marked


@settings(max_examples=250, deadline=None, derandomize=True)
@given(TOOLS, TOOLS)
def test_a_call_that_was_refused_and_is_allowed_is_marked(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = loosenings(bundle("tool_policies/x", before), bundle("tool_policies/x", after))
    if any(is_allowed(after, call) and not is_allowed(before, call) for call in TOOL_CALLS):
        assert found


@settings(max_examples=100, deadline=None, derandomize=True)
@given(OVERSIGHT)
def test_a_policy_is_as_strict_as_itself_in_any_order(policy: dict[str, Any]) -> None:
    turned = {**policy, "rules": policy.get("rules", [])[::-1]}
    assert loosenings(bundle("oversight_policies/x", policy), bundle("oversight_policies/x", turned)) == ()
