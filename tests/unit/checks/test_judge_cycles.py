from __future__ import annotations

from helpers.registries import registry

from promptctl.checks.judge_cycles import RULE


def guardrail(judge: str) -> str:
    return f"output: [{{type: tone, forbidden: [rude], judge: {judge}, min_score: 0.5, enforce: eval}}]\n"


def test_a_guardrail_whose_judge_stands_under_it_is_named_once_with_the_way() -> None:
    files = {f"guardrails/g{at}.yaml": guardrail(f"judges/j{at}") for at in range(300)}
    files |= {
        f"prompts/judges/j{at}.md": f"---\npromptctl: {{guardrails: [g{(at + 1) % 300}]}}\n---\nFair?\n"
        for at in range(300)
    }
    found = registry(files)
    messages = [each.message for one in found.artifacts.values() for each in RULE.check(one, found)]
    assert len(messages) == 1
    assert messages[0].startswith("it judges itself: guardrails/g0 → prompts/judges/j0 → guardrails/g1")


def test_a_judge_under_another_guardrail_is_right() -> None:
    files = {
        "guardrails/a.yaml": guardrail("judges/tone"),
        "guardrails/b.yaml": "input: [{type: prompt_injection, action: block}]\n",
        "prompts/judges/tone.md": "---\npromptctl: {guardrails: [b]}\n---\nKind?\n",
    }
    found = registry(files)
    assert [each for one in found.artifacts.values() for each in RULE.check(one, found)] == []
