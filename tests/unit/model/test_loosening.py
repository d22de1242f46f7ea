"""LOOSENS POLICY: every kind of change both ways. The looser way is marked, the stricter way is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from helpers.environments import bundle_of as bundle_bytes
from helpers.environments import digest
from helpers.growth import assert_linear
from helpers.loosening import loosenings

from promptctl.core.bundle import Bundle, parse
from promptctl.model.difference.compare import compare

OVERSIGHT = "oversight_policies/x"
TOOLS = "tool_policies/x"
GUARDRAIL = "guardrails/x"


def bundle(address: str, body: Mapping[str, Any], others: Mapping[str, Any] | None = None) -> Bundle:
    content = bundle_bytes(body, address, others)
    return parse(content, digest=digest(content))


def marks(address: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [each.what for each in loosenings(bundle(address, before), bundle(address, after))]


def tool(**more: Any) -> dict[str, Any]:
    return {"tools": [{"name": "refund", "access": "read", **more}]}


def amount(**more: Any) -> dict[str, Any]:
    return tool(arguments={"amount": {"type": "decimal", **more}})


def rules(*given: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"rules": [{"action": "refund", **each} for each in given], **more}


def asked(**more: Any) -> dict[str, Any]:
    return rules({"mode": "confirm", **more})


def approved(**more: Any) -> dict[str, Any]:
    return asked(approvers={"role": "lead", **more})


def up_to(number: str, bound: str = "lte") -> dict[str, Any]:
    return {"when": {"amount": {bound: number}}, "mode": "autonomous"}


def takes(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {"input": [dict(rule)]}


def says(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {"output": [dict(rule)]}


def sends(**more: Any) -> dict[str, Any]:
    return {"egress": {"destinations": [{"id": "llm", "hosts": ["a.example"], **more}]}}


TOPICS = {"type": "banned_topics", "topics": [{"id": "law", "phrases": ["legal advice", "sue"]}]}
TONE = {"type": "tone", "forbidden": ["rude", "sarcastic"], "judge": "prompts/judges/t", "min_score": 0.9}
PII = {"type": "pii", "entities": ["iban", "phone"]}

# name, address, the stricter policy, the looser one, a word of what is said
WAYS: list[tuple[str, str, dict[str, Any], dict[str, Any], str]] = [
    # oversight
    ("default: manual → confirm", OVERSIGHT, {}, {"default": "confirm"}, "manual → confirm"),
    ("default: manual → autonomous", OVERSIGHT, {}, {"default": "autonomous"}, "acts alone"),
    ("default: forbidden → manual", OVERSIGHT, {"default": "forbidden"}, {}, "forbidden → manual"),
    ("mode: confirm → autonomous", OVERSIGHT, asked(), rules({"mode": "autonomous"}), "confirm → autonomous"),
    ("mode: manual → confirm", OVERSIGHT, rules({"mode": "manual"}), asked(), "manual → confirm"),
    ("mode: forbidden → manual", OVERSIGHT, rules({"mode": "forbidden"}), {}, "forbidden → manual"),
    ("rule falls to a laxer default", OVERSIGHT, rules({"mode": "manual"}, default="confirm"),
     {"default": "confirm"}, "manual → confirm"),
    ("rule instead of a stricter default", OVERSIGHT, {}, rules({"mode": "confirm"}), "manual → confirm"),
    ("lte raised", OVERSIGHT, rules(up_to("50")), rules(up_to("100")), "amount 75"),
    ("lt to lte", OVERSIGHT, rules(up_to("50", "lt")), rules(up_to("50")), "amount 50"),
    ("gt raised, where it confirms", OVERSIGHT,
     rules({"mode": "confirm", "when": {"amount": {"gt": "50"}}}, default="autonomous"),
     rules({"mode": "confirm", "when": {"amount": {"gt": "80"}}}, default="autonomous"), "amount 65"),
    ("gte to gt, where it confirms", OVERSIGHT,
     rules({"mode": "confirm", "when": {"amount": {"gte": "50"}}}, default="autonomous"),
     rules({"mode": "confirm", "when": {"amount": {"gt": "50"}}}, default="autonomous"), "amount 50"),
    ("one more condition on what is forbidden", OVERSIGHT, rules({"mode": "forbidden"}),
     rules({"mode": "forbidden", "when": {"country": {"eq": "XX"}}}), "any other country"),
    ("the condition of what acts alone dropped", OVERSIGHT, rules(up_to("50")), rules({"mode": "autonomous"}),
     "amount 51"),
    ("another text that acts alone", OVERSIGHT,
     rules({"mode": "autonomous", "when": {"country": {"eq": "DE"}}}),
     rules(*({"mode": "autonomous", "when": {"country": {"eq": each}}} for each in ("DE", "FR"))), "FR"),
    ("the stricter of two rules dropped", OVERSIGHT, rules({"mode": "autonomous"}, {"mode": "manual"}),
     rules({"mode": "autonomous"}), "manual → autonomous"),
    ("approvers dropped", OVERSIGHT, approved(), asked(), "anybody"),
    ("fewer approvers", OVERSIGHT, approved(count=2), approved(), "1 person"),
    ("who asks may confirm", OVERSIGHT, approved(), approved(not_requester=False), "who asks"),
    ("a confirmation lasts longer", OVERSIGHT, asked(expires_in="30m"), asked(expires_in="2h"), "2h"),
    ("a confirmation lasts for ever", OVERSIGHT, asked(expires_in="30m"), asked(), "no longer expires"),
    ("allowed when nobody answers", OVERSIGHT, asked(), asked(on_timeout="allow"), "allow"),
    ("kill switch gone", OVERSIGHT, {"kill_switch": {"env_var": "STOP"}}, {}, "STOP is gone"),
    ("kill switch relaxed", OVERSIGHT, {"kill_switch": {"env_var": "STOP", "mode": "forbidden"}},
     {"kill_switch": {"env_var": "STOP"}}, "while the kill switch"),
    # tools
    ("a tool added", TOOLS, {}, tool(), "refund may now be called"),
    ("what is not listed is allowed", TOOLS, {}, {"default": "allow"}, "not listed is now allowed"),
    ("a listed tool falls to allow", TOOLS,
     {"default": "allow", **tool()}, {"default": "allow"}, "no longer"),
    ("access: read → write", TOOLS, tool(), tool(access="write"), "refund may now write"),
    ("a scope added", TOOLS, tool(scopes=["a"]), tool(scopes=["a", "b"]), "scope b"),
    ("destructiveHint dropped", TOOLS,
     tool(annotations={"destructiveHint": True}), tool(), "destructiveHint"),
    ("destructiveHint denied", TOOLS,
     tool(), tool(annotations={"destructiveHint": False}), "destructiveHint"),
    ("readOnlyHint claimed", TOOLS, tool(), tool(annotations={"readOnlyHint": True}), "readOnlyHint"),
    ("openWorldHint denied", TOOLS, tool(annotations={"openWorldHint": True}),
     tool(annotations={"openWorldHint": False}), "openWorldHint"),
    ("max raised", TOOLS, amount(max="50.00"), amount(max="500"), "at most 500 (50.00 before)"),
    ("max dropped", TOOLS, amount(max="50.00"), amount(), "no longer at most 50.00"),
    ("min lowered", TOOLS, amount(min="10"), amount(min="9.99"), "at least 9.99"),
    ("min dropped", TOOLS, amount(min="10"), amount(), "no longer at least 10"),
    ("pattern dropped", TOOLS, amount(pattern="^A"), amount(), "need no longer match"),
    ("one more value allowed", TOOLS, amount(allowed=["1"]), amount(allowed=["1", "2"]), "also be"),
    ("any value allowed", TOOLS, amount(allowed=["1"]), amount(), "any value"),
    ("an argument without bounds", TOOLS, amount(max="1"), tool(), "may now be anything"),
    ("more calls a minute", TOOLS, tool(limits={"per_minute": 5}), tool(limits={"per_minute": 6}), "6 calls"),
    ("any number of calls", TOOLS, tool(limits={"per_minute": 5}), tool(), "no longer held to 5"),
    ("a call may take longer", TOOLS, tool(limits={"timeout_ms": 5}), tool(limits={"timeout_ms": 6}), "6 ms"),
    ("not every call logged", TOOLS, tool(), tool(logging={"every_call": False}), "not every call"),
    ("runs without a log", TOOLS, tool(), tool(logging={"on_log_failure": "allow"}), "cannot be logged"),
    # guardrails
    ("an input rule dropped", GUARDRAIL, takes({"type": "prompt_injection", "action": "block"}), {},
     "prompt injection is no longer"),
    ("input: block → redact", GUARDRAIL,
     takes({**PII, "action": "block"}), takes({**PII, "action": "redact"}),
     "redact now (block before)"),
    ("an entity dropped from input", GUARDRAIL, takes({**PII, "action": "redact"}),
     takes({"type": "pii", "entities": ["iban"], "action": "redact"}), "phone"),
    ("a phrase dropped from input", GUARDRAIL,
     takes({"type": "banned_phrases", "phrases": ["a", "b"], "action": "block"}),
     takes({"type": "banned_phrases", "phrases": ["a"], "action": "block"}), "“b”"),
    ("longer messages", GUARDRAIL, takes({"type": "max_length", "max_characters": 1000, "action": "block"}),
     takes({"type": "max_length", "max_characters": 2000, "action": "block"}), "2,000 characters"),
    ("messages of any length", GUARDRAIL,
     takes({"type": "max_length", "max_characters": 1000, "action": "block"}),
     takes({"type": "max_length", "action": "block"}), "as many characters"),
    ("an output rule dropped", GUARDRAIL, says(TOPICS), {}, "“sue”"),
    ("a topic's phrase dropped", GUARDRAIL, says(TOPICS),
     says({"type": "banned_topics", "topics": [{"id": "law", "phrases": ["sue"]}]}), "“legal advice”"),
    ("output: refuse → redact", GUARDRAIL, says(PII), says({**PII, "action": "redact"}), "refuse before"),
    ("an entity dropped from output", GUARDRAIL, says(PII), says({**PII, "entities": ["iban"]}), "phone"),
    ("a tone allowed", GUARDRAIL, says(TONE), says({**TONE, "forbidden": ["rude"]}), "sarcastic"),
    ("min_score lowered", GUARDRAIL, says(TONE), says({**TONE, "min_score": 0.8}), "0.8 is enough"),
    ("min_score dropped", GUARDRAIL, says(TONE), says({k: v for k, v in TONE.items() if k != "min_score"}),
     "any score"),
    ("enforce: runtime → eval", GUARDRAIL, says(TONE), says({**TONE, "enforce": "eval"}), "by suites"),
    ("text may be sent anywhere", GUARDRAIL, {}, {"egress": {"default": "allow"}}, "sent anywhere"),
    ("a host added", GUARDRAIL, sends(), sends(hosts=["a.example", "b.example"]), "b.example was added"),
    ("a destination added", GUARDRAIL, {}, sends(), "a.example was added to destination llm"),
    ("a host falls to allow", GUARDRAIL, {"egress": {"default": "allow", **sends(block=["iban"])["egress"]}},
     {"egress": {"default": "allow"}}, "no rules of its own"),
    ("nothing taken out for a host", GUARDRAIL, sends(redact=["email"]), sends(), "email may now be sent"),
    ("nothing kept from a host", GUARDRAIL, sends(block=["email"]), sends(), "email may now be sent"),
    ("block → redact for a host", GUARDRAIL, sends(block=["email"]), sends(redact=["email"]), "taken out"),
    ("what a detector fails on passes", GUARDRAIL, {}, {"on_detector_error": "allow"}, "let through"),
    # the rest
    ("an answer without passages", "rag_configs/x",
     {"context": {"on_empty": "refuse"}}, {}, "without passages"),
    ("an input of end users trusted", "prompts/x",
     {"inputs": {"q": {"kind": "string", "trust": "end_user"}}}, {"inputs": {"q": {"kind": "string"}}},
     "input q"),
]  # fmt: skip

NAMES = [each[0] for each in WAYS]


def test_there_are_enough_kinds_of_change() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 60


@pytest.mark.parametrize(("address", "strict", "loose", "words"), [each[1:] for each in WAYS], ids=NAMES)
def test_what_is_looser_is_marked(
    address: str, strict: dict[str, Any], loose: dict[str, Any], words: str
) -> None:
    found = marks(address, strict, loose)
    assert found
    assert any(words in each for each in found), found


@pytest.mark.parametrize(("address", "strict", "loose"), [each[1:4] for each in WAYS], ids=NAMES)
def test_what_is_stricter_is_said_and_not_marked(
    address: str, strict: dict[str, Any], loose: dict[str, Any]
) -> None:
    assert marks(address, loose, strict) == []
    assert compare(bundle(address, loose), bundle(address, strict)).changes


BOTH_WAYS = [
    ("another role", OVERSIGHT, approved(), approved(role="agent")),
    ("another kill switch", OVERSIGHT, {"kill_switch": {"env_var": "A"}}, {"kill_switch": {"env_var": "B"}}),
    ("a duration that nobody reads", OVERSIGHT, asked(expires_in="30m"), asked(expires_in="soon")),
    ("a bound that is no number", OVERSIGHT, rules(up_to("50")), rules(up_to("fifty"))),
    ("one number written in two ways", OVERSIGHT,
     rules({"mode": "confirm", "when": {"amount": {"eq": "50"}}}),
     rules({"mode": "confirm", "when": {"amount": {"eq": "50.00"}}})),
    ("another pattern", TOOLS, amount(pattern="^A"), amount(pattern="^AB")),
    ("another type", TOOLS, amount(), tool(arguments={"amount": {"type": "string"}})),
    ("a bound of text", TOOLS, tool(arguments={"a": {"type": "string", "max": "9"}}),
     tool(arguments={"a": {"type": "string", "max": "10"}})),
    ("another hint", TOOLS, tool(annotations={"x-risk": 1}), tool(annotations={"x-risk": 2})),
    ("more or less in the log", TOOLS, tool(), tool(logging={"content": "full"})),
    ("a tool listed twice", TOOLS, tool(), {"tools": [*tool()["tools"], *tool(scopes=["a"])["tools"]]}),
    ("another judge", GUARDRAIL, says(TONE), says({**TONE, "judge": "prompts/judges/other"})),
    ("no entities named", GUARDRAIL, says(PII), says({"type": "pii"})),
    ("a setting of a newer version", GUARDRAIL, {"strictness": 1}, {"strictness": 2}),
    ("a field of a newer version", TOOLS, tool(quota=1), tool(quota=2)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "one", "other"), [each[1:] for each in BOTH_WAYS], ids=[each[0] for each in BOTH_WAYS]
)
def test_what_cannot_be_shown_to_be_as_strict_is_marked_both_ways(
    address: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert marks(address, one, other)
    assert marks(address, other, one)


NEITHER = [
    ("the order of oversight rules", OVERSIGHT, rules(up_to("50"), {"mode": "confirm"}),
     rules({"mode": "confirm"}, up_to("50"))),
    ("a rule that another outdoes", OVERSIGHT, rules({"mode": "manual"}),
     rules({"mode": "manual"}, up_to("50"))),
    ("one range written as two", OVERSIGHT, rules(up_to("50")),
     rules({"when": {"amount": {"lt": "20"}}, "mode": "autonomous"},
           {"when": {"amount": {"gte": "20", "lte": "50"}}, "mode": "autonomous"})),
    ("a number written differently", OVERSIGHT, rules(up_to("50")), rules(up_to("50.00"))),
    ("the order of tools", TOOLS, {"tools": [*tool()["tools"], {"name": "a", "access": "read"}]},
     {"tools": [{"name": "a", "access": "read"}, *tool()["tools"]]}),
    ("a title", TOOLS, tool(annotations={"title": "A"}), tool(annotations={"title": "B"})),
    ("one rule taken apart", GUARDRAIL, says(PII),
     {"output": [{"type": "pii", "entities": ["iban"]}, {"type": "pii", "entities": ["phone"]}]}),
    ("a topic with another name", GUARDRAIL, says(TOPICS),
     says({"type": "banned_topics", "topics": [{"id": "court", "phrases": ["legal advice", "sue"]}]})),
    ("the order of rules that block", GUARDRAIL,
     {"input": [{"type": "prompt_injection", "action": "block"}, {**PII, "action": "block"}]},
     {"input": [{**PII, "action": "block"}, {"type": "prompt_injection", "action": "block"}]}),
    ("a host of another destination", GUARDRAIL, sends(), sends(id="other")),
    ("what is said in place of an answer", GUARDRAIL, {"fallback_message": "A"}, {"fallback_message": "B"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "one", "other"), [each[1:] for each in NEITHER], ids=[each[0] for each in NEITHER]
)
def test_what_decides_the_same_is_said_and_not_marked(
    address: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert marks(address, one, other) == marks(address, other, one) == []
    assert compare(bundle(address, one), bundle(address, other)).of("policies")


def test_a_stricter_change_beside_it_hides_nothing() -> None:
    before, after = tool(scopes=["a"], limits={"per_minute": 9}), tool(scopes=["b"], limits={"per_minute": 1})
    assert marks(TOOLS, before, after) == ["refund now has the scope b"]


def test_a_rule_that_redacts_may_not_come_before_one_that_it_came_after() -> None:
    redacts = {**PII, "action": "redact"}
    blocks = {"type": "banned_phrases", "phrases": ["x"], "action": "block"}
    first, last = {"input": [redacts, blocks]}, {"input": [blocks, redacts]}
    assert marks(GUARDRAIL, last, first)
    assert marks(GUARDRAIL, first, last) == []


IBAN = {"type": "pii", "entities": ["iban"]}
REDACTS, BLOCKS = {**IBAN, "action": "redact"}, {**IBAN, "action": "block"}
TOPIC = {**TOPICS, "action": "block"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([BLOCKS], [REDACTS, BLOCKS]),
        ([TOPIC], [REDACTS, TOPIC]),
        ([{**REDACTS, "enforce": "eval"}, TOPIC, REDACTS], [REDACTS, TOPIC, {**REDACTS, "enforce": "eval"}]),
        ([{**REDACTS, "enforce": "eval"}, TOPIC], [REDACTS, TOPIC]),
        ([{**BLOCKS, "enforce": "eval"}, TOPIC, REDACTS], [{**BLOCKS, "enforce": "eval"}, REDACTS, TOPIC]),
    ],
)
def test_what_newly_redacts_may_not_hide_text_from_a_rule_that_blocks(before: Any, after: Any) -> None:
    assert marks(GUARDRAIL, {"output": before}, {"output": after})


@pytest.mark.parametrize(
    ("before", "after"), [([TOPIC], [TOPIC, REDACTS]), ([REDACTS], [{**REDACTS, "entities": ["a"]}, REDACTS])]
)
def test_what_redacts_beside_or_behind_other_rules_hides_nothing(before: Any, after: Any) -> None:
    assert marks(GUARDRAIL, {"output": before}, {"output": after}) == []


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        (TOOLS, tool(), tool(access="admin")),
        (TOOLS, {}, {"default": "ask"}),
        (TOOLS, tool(), tool(logging={"on_log_failure": "warn"})),
        (GUARDRAIL, {}, {"on_detector_error": "warn"}),
        (GUARDRAIL, {}, {"egress": {"default": "log"}}),
        (GUARDRAIL, says(PII), says({**PII, "action": "flag"})),
        (OVERSIGHT, {}, {"default": "notify"}),
    ],
)
def test_a_word_of_a_newer_version_is_not_taken_to_be_as_strict(
    address: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert marks(address, before, after)


def test_comparing_hostile_policies_is_linear() -> None:
    def compare(size: int) -> None:
        many = [{"mode": "confirm", "approvers": {"role": f"r{number}"}} for number in range(size)]
        tones = [{"type": "pii", "entities": ["e"], "min_score": number / 5000} for number in range(size)]
        assert marks(OVERSIGHT, rules(*many), rules(*many[1:]))
        assert marks(GUARDRAIL, {"output": tones}, {"output": tones[1:]})

    assert_linear(compare, 125)


class TestClosure:
    """What the prompt uses counts, wherever it stands."""

    POLICIES: Mapping[str, Any] = {
        "guardrails/a": says(PII),
        "guardrails/b": takes({**PII, "action": "redact"}),
        "tool_policies/a": tool(),
        "tool_policies/b": {"tools": [{"name": "find", "access": "read"}]},
        "oversight_policies/a": asked(),
        "oversight_policies/b": rules({"mode": "autonomous"}),
    }

    def using(self, others: Mapping[str, Any] | None = None, **uses: Any) -> Bundle:
        named = [name for each in uses.values() for name in ([each] if isinstance(each, str) else each)]
        known = {**self.POLICIES, **(others or {})}
        return bundle("prompts/p", {"uses": uses}, {name: known[name] for name in named})

    @pytest.mark.parametrize(
        "uses",
        [
            {"guardrails": ["guardrails/a"]},
            {"tool_policies": ["tool_policies/a"]},
            {"oversight_policy": "oversight_policies/a"},
        ],
    )
    def test_a_policy_that_is_no_longer_used_is_a_loosening_and_a_first_one_is_none(self, uses: Any) -> None:
        before, after = self.using(**uses), self.using()
        (found,) = loosenings(before, after)
        assert "is no longer used" in found.what
        assert loosenings(after, before) == ()

    def test_another_policy_in_its_place_is_compared_with_it(self) -> None:
        one, other = (self.using(oversight_policy=f"oversight_policies/{each}") for each in "ab")
        assert ["confirm → autonomous" in each.what for each in loosenings(one, other)] == [True]
        assert loosenings(other, one) == ()

    def test_the_same_policy_under_another_name_is_as_strict(self) -> None:
        copy = {"guardrails/copy": self.POLICIES["guardrails/a"]}
        before = self.using(guardrails=["guardrails/a", "guardrails/b"])
        after = self.using(copy, guardrails=["guardrails/copy", "guardrails/b"])
        assert loosenings(before, after) == ()

    def test_a_second_tool_policy_adds_the_tools_that_it_lists(self) -> None:
        before = self.using(tool_policies=["tool_policies/a"])
        after = self.using(tool_policies=["tool_policies/a", "tool_policies/b"])
        assert [each.what.split()[0] for each in loosenings(before, after)] == ["find"]

    def test_a_second_guardrail_adds_the_hosts_that_it_lists(self) -> None:
        more = {"guardrails/c": sends()}
        before = self.using(guardrails=["guardrails/a"])
        after = self.using(more, guardrails=["guardrails/a", "guardrails/c"])
        assert [each.what for each in loosenings(before, after)] == ["the host a.example was added"]

    def test_a_second_policy_that_allows_what_nobody_lists_is_marked(self) -> None:
        more = {
            "tool_policies/open": {"default": "allow"},
            "guardrails/open": {"egress": {"default": "allow"}},
        }
        before = self.using(tool_policies=["tool_policies/a"], guardrails=["guardrails/a"])
        after = self.using(
            more,
            tool_policies=["tool_policies/a", "tool_policies/open"],
            guardrails=["guardrails/a", "guardrails/open"],
        )
        assert [each.what for each in loosenings(before, after)] == [
            "text may now be sent anywhere",
            "a tool that is not listed is now allowed",
        ]

    def test_guardrails_that_redact_may_not_change_places(self) -> None:
        before = self.using(guardrails=["guardrails/a", "guardrails/b"])
        after = self.using(guardrails=["guardrails/b", "guardrails/a"])
        assert ["the order is now" in each.what for each in loosenings(before, after)] == [True]

    def test_equal_closures_loosen_nothing(self) -> None:
        every = self.using(guardrails=["guardrails/a"], oversight_policy="oversight_policies/a")
        assert loosenings(every, every) == ()

    def test_a_rag_config_that_refuses_is_missed_when_it_is_gone(self) -> None:
        config = {"rag_configs/r": {"context": {"on_empty": "refuse"}}}
        assert loosenings(self.using(config, rag_config="rag_configs/r"), self.using())
        assert not loosenings(self.using(), self.using(config, rag_config="rag_configs/r"))

    def test_a_guardrail_that_redacts_hides_text_from_those_after_it(self) -> None:
        more = {"guardrails/r": says(REDACTS), "guardrails/b": says(TOPIC), "guardrails/c": says(TOPIC)}
        before = self.using(more, guardrails=["guardrails/b"])
        first, last = (
            self.using(more, guardrails=[f"guardrails/{each}" for each in order]) for order in ("rb", "br")
        )
        assert ["hides text" in each.what for each in loosenings(before, first)] == [True]
        assert loosenings(before, last) == ()
        grown = {**more, "guardrails/c": says(TOPIC) | takes(REDACTS), "guardrails/b": takes(BLOCKS)}
        both = ["guardrails/c", "guardrails/b"]
        assert loosenings(
            self.using({**more, "guardrails/b": takes(BLOCKS)}, guardrails=both),
            self.using(grown, guardrails=both),
        )


class TestTrust:
    WHO: Mapping[str, Any] = {"kind": "string", "trust": "end_user"}
    AUTHOR: Mapping[str, Any] = {"kind": "string"}

    def laid_out(self, inputs: Mapping[str, Any], name: str = "c") -> Bundle:
        address = f"context_templates/{name}"
        body = {"inputs": {"context": self.AUTHOR}, "uses": {"context_template": address}}
        return bundle("prompts/p", body, {address: {"inputs": inputs, "text": "x"}})

    def test_an_input_with_another_name_keeps_its_trust(self) -> None:
        before = bundle("prompts/p", {"inputs": {"question": self.WHO}})
        after = bundle("prompts/p", {"inputs": {"query": self.AUTHOR}})
        beside = bundle("prompts/p", {"inputs": {"query": self.AUTHOR, "dummy": self.WHO}})
        assert ["query" in each.what for each in loosenings(before, after)] == [True]
        assert loosenings(before, beside)
        assert loosenings(before, bundle("prompts/p", {"inputs": {"query": self.WHO}})) == ()
        assert loosenings(before, bundle("prompts/p", {"inputs": {}})) == ()

    def test_a_prompt_with_another_name_keeps_its_trust(self) -> None:
        before = bundle("prompts/p", {"inputs": {"q": self.WHO}, "model": {"id": "a"}})
        after = bundle("prompts/other", {"inputs": {"q": self.AUTHOR}, "model": {"id": "b"}})
        assert ["no longer treated" in each.what for each in loosenings(before, after)] == [True]
        settings = compare(before, after).of("settings")
        assert [each.where for each in settings] == ["prompts/other: model.id"]

    def test_what_a_context_template_laid_out_keeps_its_trust(self) -> None:
        before = self.laid_out({"documents": self.WHO})
        bare = bundle("prompts/p", {"inputs": {"context": self.AUTHOR}})
        assert loosenings(before, bare)
        assert loosenings(before, bundle("prompts/p", {"inputs": {"context": self.WHO}})) == ()
        assert loosenings(before, self.laid_out({"passages": self.AUTHOR}, "d"))
        assert loosenings(before, self.laid_out({"documents": self.WHO}, "d")) == ()
