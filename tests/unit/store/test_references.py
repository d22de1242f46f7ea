from __future__ import annotations

from helpers.registries import registry


def test_a_name_that_is_missing_is_suggested_among_very_many() -> None:
    files = {f"guardrails/g{at:05}.yaml": "input: []\n" for at in range(3_000)}
    files |= {"guardrails/support.yaml": "input: []\n"}
    files["prompts/a.md"] = "---\npromptctl: {guardrails: [suport, zebra, G1]}\n---\nHi\n"
    found = [each for each in registry(files).findings if each.code in ("PC050", "PC052")]
    assert [each.code for each in found] == ["PC050"]
    files["prompts/a.md"] = "---\npromptctl: {guardrails: [suport, zebra]}\n---\nHi\n"
    hints = [each.hint for each in registry(files).findings if each.code == "PC052"]
    assert hints == ["did you mean support?", "add guardrails/zebra.yaml, or remove the name"]


def test_ten_thousand_missing_names_in_one_file_are_as_many_findings_as_a_file_may_have() -> None:
    names = ", ".join(f"n{at}" for at in range(10_000))
    found = registry({"prompts/a.md": f"---\npromptctl: {{guardrails: [{names}]}}\n---\nHi\n"}).findings
    assert [each.code for each in found] == ["PC052"] * 20


def test_ten_thousand_names_that_are_none_are_as_many_findings_as_a_file_may_have() -> None:
    names = ", ".join(f"N{at}" for at in range(10_000))
    found = registry({"prompts/a.md": f"---\npromptctl: {{guardrails: [{names}]}}\n---\nHi\n"}).findings
    assert [each.code for each in found] == ["PC050"] * 20
