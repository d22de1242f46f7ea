"""What does not pass verification is never served, and the status says why."""

from __future__ import annotations

import pytest
from helpers.environments import ADDRESS, NAME, bundle_of, lock_of, pin_of, prompt_body, wait_for

import promptctl

BUNDLE = f"releases/{ADDRESS}/bundle.json"
GOOD = bundle_of(prompt_body("good"))


def tree(content: bytes, sequence: int = 7, **pin: object) -> dict[str, bytes]:
    pins = {ADDRESS: {**pin_of(content, "1.1.0"), **pin}}
    return {"lock.json": lock_of(pins, sequence), BUNDLE: content}


def bundle_with(**more: object) -> dict[str, bytes]:
    return tree(bundle_of(prompt_body(**more)))


BAD = {
    "other bytes than the digest names": (
        {**tree(GOOD), BUNDLE: GOOD + b" "},
        "expected sha256:",
    ),
    "a bundle that is missing": ({"lock.json": tree(GOOD)["lock.json"]}, "is missing"),
    "a lock that is no JSON": ({**tree(GOOD), "lock.json": b"{"}, "not readable"),
    "a lock of another environment": (
        {**tree(GOOD), "lock.json": lock_of({}, 7, "staging")},
        "another environment",
    ),
    "a lock of an unknown schema": (
        {**tree(GOOD), "lock.json": lock_of({}, 7, schema="promptctl.lock/v9")},
        "unknown schema",
    ),
    "no lock": ({BUNDLE: GOOD}, "is missing"),
    "a lock that goes back": (tree(GOOD, sequence=1), "went back from sequence 5 to 1"),
    "other content under the same sequence": (tree(GOOD, sequence=5), "same sequence 5"),
    "an address that is a path elsewhere": (
        {**tree(GOOD), "lock.json": lock_of({"prompts/../x\ny": pin_of(GOOD, "1.0.0")}, 7)},
        "not an address",
    ),
    "a version that is none": (tree(GOOD, version="latest"), "look like themselves"),
    "a bundle of another prompt": (tree(bundle_of(prompt_body(), "prompts/other")), "of prompts/other"),
    "a bundle of an unknown schema": (
        tree(bundle_of(prompt_body(), schema="promptctl.bundle/v9")),
        "does not read",
    ),
    "a template that does not compile": (bundle_with(text="{% if %}"), ADDRESS),
    "a template that needs what is not declared": (bundle_with(text="{{ nobody }}"), "nobody"),
    "inputs that are misshapen": (bundle_with(inputs={"question": "text"}), "misshapen"),
    "messages that are misshapen": (bundle_with(messages=[["system", "x"]]), "misshapen"),
    "a rag config that is misshapen": (
        tree(
            bundle_of(
                prompt_body(uses={"rag_config": "rag_configs/kb"}),
                others={"rag_configs/kb": {"reranker": {"modell": "x"}}},
            )
        ),
        "typed",
    ),
    "a rag config that is missing": (bundle_with(uses={"rag_config": "rag_configs/kb"}), "misshapen"),
}


@pytest.mark.parametrize("case", BAD)
def test_the_last_good_release_goes_on_serving_when_the_source_offers(case, remote, connect):
    files, reason = BAD[case]
    remote.sequence = 4
    remote.serve_text("1.0.0", "last good")
    registry = connect(refresh=None)

    remote.write(files)
    registry.refresh()

    status = registry.status
    assert registry.prompt(NAME).version == "1.0.0"
    assert (status.state, status.sequence) == ("ERROR", 5)
    assert "not served" in status.reason
    assert reason in status.reason


@pytest.mark.parametrize("case", [each for each in BAD if "sequence" not in each and "back" not in each])
def test_a_start_with_nothing_else_is_refused_when_the_source_offers(case, remote, connect):
    files, reason = BAD[case]
    remote.write(files)
    with pytest.raises(promptctl.Unavailable) as refused:
        connect()
    assert reason in refused.value.message


def test_a_repaired_environment_serves_again(remote, connect):
    remote.serve_text("1.0.0", "good")
    registry = connect()
    remote.serve_text("1.1.0", "{% if %}")
    wait_for(lambda: registry.status.state == "ERROR", "the refusal")
    remote.serve_text("1.2.0", "mended")
    wait_for(lambda: registry.prompt(NAME).version == "1.2.0", "the repair")
    assert registry.status.state == "READY"


def test_one_bad_release_keeps_the_whole_promotion_out(remote, connect):
    other = "prompts/other"
    remote.serve_text("1.0.0", "good")
    registry = connect(refresh=None)
    remote.serve(
        {
            ADDRESS: ("1.1.0", bundle_of(prompt_body("fine"))),
            other: ("1.0.0", bundle_of(prompt_body("{{ nobody }}"), other)),
        }
    )
    registry.refresh()
    assert registry.status.serving == {ADDRESS: "1.0.0"}


def test_a_refused_commit_is_not_fetched_again(remote, connect):
    remote.serve_text("1.0.0", "good")
    registry = connect(refresh=None)
    remote.serve_text("1.1.0", "{% if %}")
    registry.refresh()
    source = registry._follower._source()
    source.environment = None  # reading it again would fail otherwise than the status says
    reason = registry.status.reason
    registry.refresh()
    assert registry.status.reason == reason
    assert registry.status.state == "ERROR"


def test_a_new_process_does_not_go_back_behind_what_the_cache_knows(remote, connect):
    remote.sequence = 4
    remote.serve_text("1.0.0", "known")
    connect().close()
    remote.write(tree(GOOD, sequence=3))
    registry = connect(refresh=None)
    assert registry.prompt(NAME).version == "1.0.0"
    assert registry.status.state == "ERROR"
    assert "went back" in registry.status.reason


def test_a_template_that_only_real_documents_can_fill_is_served(remote, connect):
    inputs = {"order": {"kind": "object", "required": True}}
    remote.serve({ADDRESS: ("1.0.0", bundle_of(prompt_body("{{ order.id }}", inputs=inputs)))})
    chat = connect().prompt(NAME).render(order={"id": "A-1"})
    assert chat.messages[0]["content"] == "A-1"


def test_bundles_of_fields_that_are_not_known_yet_are_served(remote, connect):
    remote.serve({ADDRESS: ("1.0.0", bundle_of(prompt_body("x", from_the_future={"a": 1})))})
    assert connect().prompt(NAME).version == "1.0.0"


def test_a_commit_that_cannot_be_read_is_not_fetched_again_either(remote, connect):
    remote.serve_text("1.0.0", "good")
    registry = connect(refresh=None)
    remote.write({"lock.json": tree(GOOD)["lock.json"]})
    registry.refresh()
    registry._follower._source().environment = None
    registry.refresh()
    assert "is missing" in registry.status.reason
