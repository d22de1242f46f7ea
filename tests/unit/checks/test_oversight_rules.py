from __future__ import annotations

from fractions import Fraction

import pytest
from helpers.registries import registry
from helpers.rules import messages
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.services.validate import validate

PROMPT = "---\npromptctl: {tool_policies: [shop], oversight_policy: shop}\n---\nHello\n"
ARGUMENTS = (
    'amount: {type: decimal, min: "0.00", max: "500.00"}, count: {type: integer}, '
    "currency: {type: string, allowed: [EUR, USD]}, urgent: {type: boolean}"
)
LEAD = "mode: confirm, approvers: {role: lead}"


def files(rules: list[str], default: str = "manual", access: str = "write") -> dict[str, str]:
    lines = "".join(f"  - {{action: refund, {each}}}\n" for each in rules)
    return {
        "prompts/p.md": PROMPT,
        "tool_policies/shop.yaml": (
            f"tools: [{{name: refund, access: {access}, arguments: {{{ARGUMENTS}}}}}]\n"
        ),
        "oversight_policies/shop.yaml": f"default: {default}\n" + (f"rules:\n{lines}" if rules else ""),
    }


def when(argument: str, bounds: str, mode: str = "mode: manual") -> str:
    return f"when: {{{argument}: {{{bounds}}}}}, {mode}"


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (["mode: confirm"], None),
        (["mode: autonomous"], None),
        ([], ""),
        ([when("amount", 'lte: "50.00"'), when("amount", 'gt: "50.00"')], None),
        ([when("amount", 'lte: "500.00"')], None),
        ([when("amount", 'lte: "50.00"')], " with `amount` above 50.00 up to 500.00"),
        ([when("amount", 'gt: "50.00"')], " with `amount` from 0.00 up to 50.00"),
        ([when("count", 'lte: "3"'), when("count", 'gte: "5"')], " with `count` exactly 4"),
        ([when("count", 'lte: "3"'), when("count", 'gt: "3"')], None),
        ([when("currency", "eq: EUR")], " with `currency` USD"),
        ([when("currency", "eq: EUR"), when("currency", "eq: USD")], None),
        ([when("urgent", 'eq: "true"')], " with `urgent` false"),
        (
            [when("count", 'lte: "3"'), when("currency", "eq: EUR")],
            " with other arguments than its rules name",
        ),
        ([when("count", 'lte: "3"'), "mode: confirm"], None),
    ],
)
def test_calls_that_write_are_never_autonomous_by_default_alone(rules: list[str], left: str | None) -> None:
    covers = f"no rule of oversight_policies/shop.yaml covers it{left}"
    found = [f"`refund` may write, and {covers}: by default it is autonomous"]
    assert messages("PC139", files(rules, "autonomous")) == ([] if left is None else found)
    assert messages("PC139", files(rules, "confirm")) == []
    assert messages("PC139", files(rules, "autonomous", access="read")) == []


def test_a_prompt_whose_tools_write_names_an_oversight_policy() -> None:
    parts = {**files([]), "prompts/p.md": "---\npromptctl: {tool_policies: [shop]}\n---\nHello\n"}
    assert messages("PC139", parts) == ["no oversight policy says who decides about refund, which may write"]


@pytest.mark.parametrize(
    ("rules", "gaps"),
    [
        ([when("amount", 'lte: "50.00"'), when("amount", 'gt: "50.00"')], []),
        ([when("amount", 'lte: "50.00"')], []),
        ([when("amount", 'lt: "50.00"'), when("amount", 'gt: "50.00"')], ["`amount` exactly 50.00"]),
        (
            [when("amount", 'gte: "60"'), when("amount", 'lte: "50.00"')],
            ["`amount` above 50.00 and below 60"],
        ),
        (
            [when("amount", 'lt: "50"'), when("amount", 'gte: "50.0000000000000000000000000001"')],
            ["`amount` from 50 and below 50.0000000000000000000000000001"],
        ),
        ([when("count", 'lte: "50"'), when("count", 'gte: "51"')], []),
        ([when("count", 'lt: "50"'), when("count", 'gt: "52"')], ["`count` from 50 up to 52"]),
        ([when("amount", 'lt: "5"'), when("amount", 'gt: "9"'), "mode: manual"], []),
        ([when("amount", 'lt: "600"'), when("amount", 'gt: "900"')], []),
        ([when("amount", 'lt: "5"'), when("count", 'gt: "9"')], []),
        ([when("currency", "eq: EUR"), when("currency", "eq: USD")], []),
        (
            [
                "when: {amount: {lt: '5'}, currency: {eq: EUR}}, mode: manual",
                "when: {amount: {gt: '9'}, currency: {eq: EUR}}, mode: manual",
            ],
            ["`amount` from 5 up to 9"],
        ),
        (
            [
                "when: {amount: {lt: '5'}, currency: {eq: EUR}}, mode: manual",
                "when: {amount: {gt: '9'}, currency: {eq: USD}}, mode: manual",
            ],
            [],
        ),
        (
            [
                "when: {amount: {lt: '5'}, currency: {eq: EUR}}, mode: manual",
                "when: {amount: {gt: '9'}, currency: {eq: EUR}}, mode: manual",
                when("currency", "eq: EUR"),
            ],
            [],
        ),
    ],
)
def test_a_gap_between_two_rules_is_named_exactly(rules: list[str], gaps: list[str]) -> None:
    found = [f"no rule about `refund` matches {each}: the default, manual, decides" for each in gaps]
    assert messages("PC141", files(rules)) == found


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (["mode: confirm", when("amount", 'gt: "50"')], ""),
        (["mode: autonomous", when("amount", 'gt: "50"', LEAD)], ""),
        ([when("amount", 'gt: "50"', LEAD), "mode: forbidden"], "the rule on line 4 matches the same calls"),
        (["mode: manual", "mode: manual"], "the rule on line 3 says the same of these calls"),
        (["mode: manual", LEAD], "the rule on line 3 matches the same calls"),
        ([when("amount", 'gt: "50"'), when("amount", 'gte: "50.01"')], "says the same of these calls"),
        ([when("amount", 'gt: "50"'), when("amount", 'gte: "50"')], "the rule on line 4 says the same"),
        ([when("amount", 'gt: "50", lt: "50"')], "no number satisfies its bounds of `amount`"),
        ([when("count", 'gt: "50", lt: "51"')], "no number satisfies its bounds of `count`"),
        ([when("count", 'eq: "2.5"')], "no number satisfies its bounds of `count`"),
        ([when("amount", 'gt: "500.00"')], "allows `amount` from 0.00 up to 500.00 only"),
        ([when("amount", 'gte: "500.00"')], ""),
        ([when("currency", "eq: EUR"), when("currency", "eq: USD")], ""),
        ([when("currency", "eq: EUR", LEAD), when("amount", 'gt: "5"')], ""),
        ([LEAD, "mode: confirm, approvers: {role: chief}"], ""),
    ],
)
def test_a_rule_that_decides_nothing_is_named(rules: list[str], found: str) -> None:
    said = messages("PC142", files(rules))
    assert len(said) == bool(found)
    assert all(found in each for each in said)


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([when("amount", 'lte: "50"', LEAD), when("amount", 'gt: "50"')], ""),
        (
            [when("amount", 'lte: "50"', LEAD), when("amount", 'gte: "50"')],
            "with `amount` exactly 50: manual wins",
        ),
        (
            [when("amount", 'lt: "80"', LEAD), when("amount", 'gte: "50"')],
            "with `amount` from 50 and below 80",
        ),
        ([when("amount", 'lt: "80"'), when("amount", 'gte: "50"')], ""),
        ([when("amount", 'lt: "80"', LEAD), when("amount", 'lt: "50"')], ""),
        (["mode: autonomous", when("amount", 'gte: "50"')], ""),
        ([when("currency", "eq: EUR", LEAD), when("amount", 'gte: "50"')], ""),
        ([LEAD, "mode: confirm, approvers: {role: chief}"], "they name other approvers or times"),
        ([LEAD, LEAD + ", expires_in: 30m"], "they name other approvers or times"),
        ([LEAD, LEAD], ""),
        (
            [
                "when: {amount: {lte: '5'}, currency: {eq: EUR}}, mode: manual",
                "when: {amount: {gte: '5'}, currency: {eq: EUR}}, mode: autonomous",
            ],
            'with `amount` exactly 5, `currency` "EUR": manual wins over autonomous',
        ),
        (
            [
                "when: {amount: {lte: '5'}, currency: {eq: EUR}}, mode: manual",
                "when: {amount: {gte: '5'}, currency: {eq: USD}}, mode: autonomous",
            ],
            "",
        ),
    ],
)
def test_rules_that_say_different_things_of_one_call_are_named(rules: list[str], found: str) -> None:
    said = messages("PC143", files(rules))
    assert len(said) == bool(found)
    assert all(found in each for each in said)


MODES = ("autonomous", "confirm", "manual", "forbidden")
BOUNDS = st.dictionaries(st.sampled_from(("lt", "lte", "gt", "gte")), st.integers(0, 5), min_size=1)
RULES = st.lists(st.tuples(BOUNDS, st.sampled_from(MODES)), min_size=1, max_size=4)
HALVES = [Fraction(number, 2) for number in range(-2, 14)]
COMPARE = {
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
}
Rules = list[tuple[dict[str, int], str]]


def matching(rules: Rules, value: Fraction) -> list[int]:
    return [
        index
        for index, (bounds, _) in enumerate(rules)
        if all(COMPARE[key](value, bound) for key, bound in bounds.items())
    ]


def mode_of(rules: Rules, value: Fraction) -> str:
    return max((rules[index][1] for index in matching(rules, value)), key=MODES.index, default="default")


def written(rules: Rules, kind: str) -> dict[str, str]:
    lines = [
        when("x", ", ".join(f'{key}: "{bound}"' for key, bound in bounds.items()), f"mode: {mode}")
        for bounds, mode in rules
    ]
    tool = f"tools: [{{name: refund, access: write, arguments: {{x: {{type: {kind}}}}}}}]\n"
    return {**files(lines, "autonomous"), "tool_policies/shop.yaml": tool}


def idle(parts: dict[str, str]) -> set[int]:
    """Return the indexes of the rules that decide nothing, as validate says: the first stands on line 3."""
    report = validate(registry({"promptctl.yaml": "environments: [{name: dev}]\n", **parts}))
    return {each.line - 3 for each in report.findings if each.code == "PC142"}


@settings(max_examples=150, deadline=None)
@given(rules=RULES, kind=st.sampled_from(("decimal", "integer")))
def test_what_is_said_of_rules_holds_for_every_value(rules: Rules, kind: str) -> None:
    """`The strictest matching rule wins; default only where none matches.`"""
    values = [each for each in HALVES if kind == "decimal" or each.denominator == 1]
    parts = written(rules, kind)
    matched = [{each for each in values if index in matching(rules, each)} for index in range(len(rules))]
    uncovered = set(values).difference(*matched)
    assert bool(messages("PC139", parts)) == bool(uncovered)

    ends = [(min(each), max(each)) for each in matched if each]
    inner = [
        each
        for each in uncovered
        if any(last < each for _, last in ends) and any(each < low for low, _ in ends)
    ]
    assert bool(messages("PC141", parts)) == bool(inner)

    removable = idle(parts)
    kept = [rule for index, rule in enumerate(rules) if index not in removable]
    assert [mode_of(kept, each) for each in values] == [mode_of(rules, each) for each in values]
    for index, (_, mode) in enumerate(rules):
        stricter = [other for other, (_, its) in enumerate(rules) if MODES.index(its) > MODES.index(mode)]
        if any(matched[index] <= matched[other] for other in stricter):
            assert index in removable


@pytest.mark.parametrize(
    ("condition", "undeclared", "misfit"),
    [
        ('amount: {lt: "5"}', 0, 0),
        ('amuont: {lt: "5"}', 1, 0),
        ("region: {eq: north}", 1, 0),
        ('currency: {lt: "5"}', 0, 1),
        ("currency: {eq: EUR}", 0, 0),
        ("currency: {eq: EURO}", 0, 1),
        ('amount: {eq: "5"}', 0, 0),
        ("amount: {eq: five}", 0, 1),
        ('count: {eq: "five"}', 0, 1),
        ("urgent: {eq: 'true'}", 0, 0),
        ("urgent: {eq: 'yes'}", 0, 1),
        ("urgent: {gt: '0', lt: '2'}", 0, 2),
    ],
)
def test_conditions_are_on_arguments_that_there_are(condition: str, undeclared: int, misfit: int) -> None:
    parts = files([f"when: {{{condition}}}, mode: manual"])
    assert (len(messages("PC144", parts)), len(messages("PC145", parts))) == (undeclared, misfit)


def test_conditions_on_a_tool_that_no_policy_lists_are_not_compared() -> None:
    parts = {**files([when("amuont", 'lt: "5"')]), "tool_policies/shop.yaml": "tools: []\n"}
    assert messages("PC144", parts) == []


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("mode: confirm", 1),
        (LEAD, 0),
        ("mode: manual", 0),
        ("mode: autonomous", 0),
        ("mode: autonomous, approvers: {role: lead}", 1),
        ("mode: forbidden, expires_in: 30m", 1),
        ("mode: manual, approvers: {role: lead}", 0),
    ],
)
def test_approvers_are_named_where_somebody_confirms(rule: str, found: int) -> None:
    assert len(messages("PC157", files([rule]))) == found


def test_a_rule_about_a_tool_that_no_prompt_of_the_policy_has_is_named() -> None:
    uses = "promptctl: {tool_policies: [stock], oversight_policy: shop}"
    actions = ("refund", "count", "escalate", "refnud")
    rules = "".join(f"  - {{action: {each}, mode: manual}}\n" for each in actions)
    parts = {
        **files([]),
        "prompts/q.md": f"---\ntools: [{{name: escalate}}]\n{uses}\n---\nHi\n",
        "tool_policies/stock.yaml": "tools: [{name: count, access: read}]\n",
        "oversight_policies/shop.yaml": f"rules:\n{rules}",
    }
    (found,) = messages("PC140", parts)
    assert "lists `refnud`" in found
    assert messages("PC140", {**parts, "tool_policies/stock.yaml": "default: allow\n"}) == []
    assert messages("PC140", {**parts, "prompts/q.md": "---\nnmae: x\n---\nHi\n"}) == []


def test_rules_beside_no_tool_policy_may_be_about_anything() -> None:
    parts = {**files(["mode: manual"]), "prompts/p.md": "---\npromptctl: {oversight_policy: shop}\n---\nHi\n"}
    assert messages("PC140", parts) == []


def test_of_very_many_rules_about_one_tool_as_many_are_findings_as_of_any_file() -> None:
    assert len(messages("PC142", files(["mode: manual"] * 400))) == 20


def test_very_many_rules_cover_a_tool_together() -> None:
    rules = [when("amount", f'gte: "{number}", lt: "{number + 1}"') for number in range(500)]
    assert messages("PC139", files([*rules, when("amount", 'eq: "500"')], "autonomous")) == []
    assert len(messages("PC139", files(rules, "autonomous"))) == 1
