from __future__ import annotations

import pytest
from helpers.registries import registry


def messages(name: str) -> list[str]:
    content = f"tools:\n  - {{name: '{name}', access: read}}\n"
    found = registry({"tool_policies/a.yaml": content})
    from promptctl.checks.mixed_scripts import RULE

    return [each.message for each in RULE.check(found.artifacts["tool_policies/a"], found)]


@pytest.mark.parametrize(
    "name",
    [
        "crm.read",
        "кредит.чтение",
        "顧客.read",
        "顧客データ.read",
        "고객.read",
        "ψυχή",
        "größe",
        "カスタマー顧客",
        "東京ㄅ",
    ],
)
def test_a_name_in_one_script_is_right_and_so_is_latin_beside_han(name: str) -> None:
    assert messages(name) == []


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("сrm.read", "U+0441 cyrillic small letter es"),
        ("crm.rеad", "U+0435 cyrillic small letter ie"),
        ("αbc", "U+03B1 greek small letter alpha"),
        ("ｃrm", "U+FF43 fullwidth latin small letter c"),
        ("𝐜rm", "U+1D41C mathematical bold small c"),
        ("crm.чтение", "U+0447 cyrillic small letter che"),
        ("Ꭺpi", "U+13AA cherokee letter go"),
    ],
)
def test_a_letter_of_another_script_is_named(name: str, odd: str) -> None:
    assert messages(name) == [f"the name {name!r} mixes scripts: {odd}"]


def test_free_text_may_mix() -> None:
    files = {"prompts/a.md": "---\ndescription: Ωmega and αβγtest\nmetadata: {owner: Аnna}\n---\nΔx\n"}
    assert registry(files).findings == ()
