from __future__ import annotations

import pytest
from helpers.rules import messages

JUDGE = {"prompts/judges/tone.md": "Is it kind?\n"}


def guardrail(**parts: str) -> dict[str, str]:
    return {"guardrails/g.yaml": "".join(f"{key}: {value}\n" for key, value in parts.items())}


@pytest.mark.parametrize(
    ("side", "rule", "found"),
    [
        ("input", "{type: prompt_injection, action: block}", []),
        ("input", "{type: pii, entities: [iban], action: redact}", []),
        ("input", "{type: max_length, max_characters: 10, action: block}", []),
        ("input", "{type: banned_phrases, phrases: [x], action: redact}", []),
        ("output", "{type: banned_topics, topics: [{id: law, phrases: [sue]}], action: redact}", []),
        ("output", "{type: tone, forbidden: [rude]}", []),
        ("output", "{type: tone, judge: judges/tone, min_score: 0.9, enforce: eval}", []),
        ("input", "{type: pii, action: redact}", ["finds nothing without `entities`"]),
        ("output", "{type: pii, entities: []}", ["finds nothing without `entities`"]),
        ("input", "{type: max_length, action: block}", ["finds nothing without `max_characters`"]),
        ("input", "{type: banned_phrases, action: block}", ["finds nothing without `phrases`"]),
        ("output", "{type: banned_topics}", ["finds nothing without `topics`"]),
        ("output", "{type: tone, enforce: eval}", ["finds nothing without `forbidden`"]),
        ("input", "{type: prompt_injection, action: block, phrases: [x]}", ["does not look at `phrases`"]),
        (
            "input",
            "{type: max_length, max_characters: 9, action: block, entities: [iban]}",
            ["does not look at `entities`"],
        ),
        ("output", "{type: pii, entities: [iban], judge: judges/tone}", ["does not look at `judge`"]),
        ("output", "{type: pii, entities: [iban], min_score: 0}", ["does not look at `min_score`"]),
        ("output", "{type: tone, forbidden: [x], topics: []}", []),
        (
            "input",
            "{type: max_length, max_characters: 10, action: redact}",
            ["finds nothing that could be redacted"],
        ),
        ("output", "{type: tone, forbidden: [x], action: redact}", ["finds nothing that could be redacted"]),
        (
            "output",
            "{type: pii, entities: [iban], enforce: eval}",
            ["is not judged by suites, so nobody would enforce it"],
        ),
    ],
)
def test_a_rule_has_the_fields_of_its_type_and_no_others(side: str, rule: str, found: list[str]) -> None:
    said = messages("PC148", {**JUDGE, **guardrail(**{side: f"[{rule}]"})})
    assert [each.split(maxsplit=5)[5] for each in said] == found


@pytest.mark.parametrize(
    ("topics", "found"),
    [
        ("{id: a, phrases: [x]}, {id: b, phrases: [x]}", []),
        ("{id: a, phrases: [x]}, {id: a, phrases: [y]}", ["the topic `a` is here twice"]),
        ("{id: a}", ["the topic `a` has no phrases to be recognised by"]),
    ],
)
def test_topics_are_told_apart_and_recognised(topics: str, found: list[str]) -> None:
    rule = f"[{{type: banned_topics, topics: [{topics}]}}]"
    assert messages("PC148", guardrail(output=rule)) == found


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("forbidden: [rude]", 0),
        ("forbidden: [rude], judge: judges/tone, min_score: 0.5, enforce: eval", 0),
        ("forbidden: [rude], enforce: eval", 1),
        ("forbidden: [rude], judge: judges/tone", 1),
        ("forbidden: [rude], min_score: 0.5", 1),
    ],
)
def test_a_tone_has_a_judge_where_suites_enforce_it_and_only_there(rule: str, found: int) -> None:
    assert len(messages("PC149", {**JUDGE, **guardrail(output=f"[{{type: tone, {rule}}}]")})) == found


@pytest.mark.parametrize(
    "host",
    [
        "api.openai.com",
        "*.openai.com",
        "localhost",
        "localhost:8080",
        "10.0.0.7",
        "xn--80ak6aa92e.com",
        "a-b.c",
    ],
)
def test_hosts_are_names_with_a_star_in_front_or_a_port_behind(host: str) -> None:
    assert destinations(f'{{id: a, hosts: ["{host}"]}}') == []


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("https://api.openai.com", "'https://api.openai.com' is an address, not a host"),
        ("api.openai.com/v1", "'api.openai.com/v1' is not a host"),
        ("me@example.com", "'me@example.com' is not a host"),
        ("API.openai.com", "'API.openai.com' is not a host"),
        ("api.openai.com.", "'api.openai.com.' is not a host"),
        ("a b", "'a b' is not a host"),
        ("-a.com", "'-a.com' is not a host"),
        ("", "'' is not a host"),
        ("*", "`*` would be every host"),
        ("*.com", "in '*.com' the `*` must be the whole first part, before a domain"),
        ("api.*.com", "in 'api.*.com' the `*` must be the whole first part, before a domain"),
        ("*api.example.com", "in '*api.example.com' the `*` must be the whole first part, before a domain"),
        ("\u0430pi.openai.com", "the host '\u0430pi.openai.com' has letters that are not ASCII"),
    ],
)
def test_what_is_no_host_is_named(host: str, found: str) -> None:
    assert destinations(f'{{id: a, hosts: ["{host}"]}}') == [found]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("{id: a, hosts: [x.com]}, {id: b, hosts: [y.com]}", []),
        ("{id: a, hosts: [x.com]}, {id: a, hosts: [y.com]}", ["the destination `a` is here twice"]),
        ("{id: a}", ["the destination `a` has no hosts"]),
        ("{id: a, hosts: [x.com, x.com]}", ["the host x.com is here twice"]),
        (
            "{id: a, hosts: [x.com]}, {id: b, hosts: [x.com]}",
            ["the host x.com is here in the destination `a` too"],
        ),
    ],
)
def test_destinations_are_told_apart(written: str, found: list[str]) -> None:
    assert destinations(written) == found


def destinations(written: str) -> list[str]:
    return messages("PC150", guardrail(egress=f"{{destinations: [{written}]}}"))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("card_number", ""),
        ("phone", ""),
        ("loyalty_number", ""),
        ("vin", ""),
        ("customer_name", ""),
        ("credit_card", "card_number"),
        ("emial", "email"),
        ("E-Mail", "email"),
        ("EMAIL", "email"),
        ("ip-address", "ip_address"),
        ("secrets", "secret"),
    ],
)
def test_a_misspelt_entity_is_named_wherever_it_stands(word: str, meant: str) -> None:
    parts = guardrail(
        input=f"[{{type: pii, entities: [{word}], action: redact}}]",
        output=f"[{{type: pii, entities: [{word}]}}]",
        egress=f"{{destinations: [{{id: a, hosts: [x.com], redact: [{word}], block: [{word}]}}]}}",
    )
    assert len(messages("PC151", parts)) == (4 if meant else 0)
