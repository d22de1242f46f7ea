from __future__ import annotations

import pytest
from helpers.rules import messages

READ = "{name: read, access: read}"


def prompt(tools: str = "", policies: str = "") -> str:
    return f"---\ntools: [{tools}]\npromptctl: {{tool_policies: [{policies}]}}\n---\nHello\n"


def policies(**contents: str) -> dict[str, str]:
    return {f"tool_policies/{name}.yaml": content for name, content in contents.items()}


@pytest.mark.parametrize(
    ("tools", "contents", "found"),
    [
        ("{name: read}", {"a": f"tools: [{READ}]\n"}, []),
        ("{name: move}", {"a": "default: allow\n"}, []),
        ("{name: move}", {"a": f"tools: [{READ}]\n", "b": "tools: [{name: move, access: read}]\n"}, []),
        ("{name: move}", {"a": f"tools: [{READ}]\n", "b": "default: allow\n"}, []),
        ("{name: raed}", {"a": f"tools: [{READ}]\n"}, ["`raed` is not allowed by tool_policies/a.yaml"]),
        ("{name: read}", {"a": "default: deny\n"}, ["`read` is not allowed by tool_policies/a.yaml"]),
        ("{name: read}", {"a": "tools: []\nnonsense: 1\n"}, []),
    ],
)
def test_a_tool_of_a_prompt_is_allowed_by_a_policy(
    tools: str, contents: dict[str, str], found: list[str]
) -> None:
    files = {"prompts/p.md": prompt(tools, ", ".join(contents)), **policies(**contents)}
    assert messages("PC137", files) == [f"the tool {each}" for each in found]
    assert messages("PC138", files) == []


def test_a_prompt_with_tools_and_no_policy_is_one_warning() -> None:
    files = {"prompts/p.md": prompt("{name: read}, {name: move}")}
    assert messages("PC138", files) == ["no tool policy says what the model may do with read, move"]
    assert messages("PC137", files) == []
    assert messages("PC138", {"prompts/p.md": prompt()}) == []


@pytest.mark.parametrize(
    ("tools", "found"),
    [
        (f"[{READ}, {{name: move, access: read}}]", 0),
        (f"[{READ}, {READ}]", 1),
        (f"[{READ}, {{name: read, access: write}}, {READ}]", 2),
    ],
)
def test_a_policy_lists_a_tool_once(tools: str, found: int) -> None:
    assert len(messages("PC146", policies(a=f"tools: {tools}\n"))) == found


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (READ, 0),
        ("{name: read, access: read, scopes: []}", 0),
        ("{name: move, access: write}", 0),
        ("{name: read, access: write}", 1),
        ("{name: read, access: read, limits: {per_minute: 5}}", 1),
    ],
)
def test_two_policies_of_a_prompt_agree_on_a_tool(second: str, found: int) -> None:
    contents = policies(a=f"tools: [{READ}]\n", b=f"tools: [{second}]\n")
    assert len(messages("PC147", {"prompts/p.md": prompt(policies="a, b"), **contents})) == found
    assert messages("PC147", {"prompts/p.md": prompt(policies="a"), **contents}) == []


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ('{type: decimal, min: "0.01", max: "500.00"}', []),
        ('{type: decimal, min: "5", max: "5.00"}', []),
        ('{type: integer, allowed: ["1", "2", "3.0"]}', []),
        ('{type: string, pattern: "^x$", allowed: [x]}', []),
        ('{type: boolean, allowed: ["true"]}', []),
        ('{type: decimal, min: "5.01", max: "5.00"}', ["`x` is never both at least 5.01 and at most 5.00"]),
        ('{type: decimal, pattern: "^5$"}', ["`x` is a decimal, which has no `pattern`"]),
        ('{type: string, min: "1"}', ["`x` is a string, which has no `min`"]),
        ('{type: integer, allowed: ["1.5"]}', ["`x` is an integer, and never '1.5'"]),
        ("{type: decimal, allowed: [much]}", ["`x` is a decimal, and never 'much'"]),
        ('{type: boolean, allowed: ["yes"]}', ["`x` is a boolean, and never 'yes'"]),
    ],
)
def test_bounds_of_an_argument_fit_its_type(argument: str, found: list[str]) -> None:
    tool = f"{{name: read, access: read, arguments: {{x: {argument}}}}}"
    assert messages("PC156", policies(a=f"tools: [{tool}]\n")) == found


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ('{type: string, pattern: "^TT-[0-9]{5}$"}', ""),
        ('{type: string, pattern: "(a+)+$"}', ""),
        ('{type: string, pattern: "("}', "the pattern '(' cannot be read: missing ): ("),
        ('{type: string, pattern: "(?=x)"}', "the pattern '(?=x)' looks around ((?=)"),
        ('{type: string, pattern: "(x)\\\\1"}', "the pattern '(x)\\\\1' refers back (\\1)"),
        ('{type: decimal, max: "1e3"}', "'1e3' is no decimal number"),
        (f'{{type: decimal, max: "{"9" * 40}"}}', ""),
        (f'{{type: decimal, max: "{"9" * 6000}"}}', f"'{'9' * 37}…' has more than 40 digits"),
    ],
)
def test_patterns_are_linear_and_numbers_are_short(argument: str, found: str) -> None:
    tool = f"{{name: read, access: read, arguments: {{x: {argument}}}}}"
    assert messages("PC114", policies(a=f"tools: [{tool}]\n")) == ([found] if found else [])
