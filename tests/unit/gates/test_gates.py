"""The gates that hold everywhere: `after` and `hold`."""

from __future__ import annotations

import pytest

from promptctl.core.lock import Hold, HoldScope, Lock
from promptctl.gates import after, hold
from promptctl.gates.result import Candidate

CANDIDATE = Candidate("prompts/hello", "1.1.0", "sha256:aa", "prod")


def lock(scope: HoldScope, value: str) -> Lock:
    return Lock(
        "prod", holds=(Hold(scope, value, "wrong prices", "ada@acme.example", "2026-11-22T17:00:00Z"),)
    )


@pytest.mark.parametrize("served", [["sha256:aa"], ["sha256:bb", "sha256:aa"], {"sha256:aa"}])
def test_after_passes_what_has_served(served: list[str]) -> None:
    answer = after.check(CANDIDATE, after="staging", served=served)
    assert (answer.gate, answer.address, answer.result, answer.hint) == ("after", "prompts/hello", "pass", "")


@pytest.mark.parametrize("served", [[], ["sha256:bb"], ["sha256:a"], ["1.1.0"]])
def test_after_fails_what_never_served_and_says_what_helps(served: list[str]) -> None:
    answer = after.check(CANDIDATE, after="staging", served=served)
    assert (answer.result, answer.hint) == ("fail", "promptctl promote hello@1.1.0 --to staging")


@pytest.mark.parametrize(
    ("scope", "value", "hint"),
    [
        ("digest", "sha256:aa", "promptctl unhold hello@1.1.0 --env prod --reason …"),
        ("name", "prompts/hello", "promptctl unhold hello --env prod --reason …"),
        ("environment", "prod", "promptctl unhold --env prod --reason …"),
    ],
)
def test_a_hold_fails_with_who_why_and_how_to_let_go(scope: HoldScope, value: str, hint: str) -> None:
    answer = hold.check(CANDIDATE, lock=lock(scope, value))
    assert (answer.result, answer.hint) == ("fail", hint)
    assert answer.reason == f"{scope} held by ada@acme.example since 2026-11-22T17:00:00Z: wrong prices"


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("digest", "sha256:bb"),
        ("digest", "prompts/hello"),
        ("name", "prompts/bye"),
        ("name", "hello"),
        ("environment", "dev"),
    ],
)
def test_a_hold_on_something_else_passes(scope: HoldScope, value: str) -> None:
    assert hold.check(CANDIDATE, lock=lock(scope, value)).result == "pass"


def test_without_holds_it_passes() -> None:
    assert hold.check(CANDIDATE, lock=Lock("prod")).result == "pass"
