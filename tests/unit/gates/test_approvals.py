from __future__ import annotations

from typing import Any

import pytest
from helpers.approvals import CANDIDATE, PEOPLE, approval

from promptctl.gates import approvals
from promptctl.gates.result import GateResult
from promptctl.model.pipeline import ApprovalsGate
from promptctl.model.statements import Approval, Signed


def ask(*given: Signed[Approval], count: int = 1, **said: Any) -> GateResult:
    known: dict[str, Any] = {"authors": (), "promoter": "bot@acme.example", "people": PEOPLE}
    settings = ApprovalsGate(count, not_author=said.pop("not_author", False))
    return approvals.check(CANDIDATE, settings=settings, approvals=given, **known | said)


def test_enough_people_pass_and_stand_in_the_record() -> None:
    answer = ask(approval("ada@acme.example"), approval("kim@acme.example", minute=5), count=2)
    assert (answer.gate, answer.result, answer.hint, answer.is_pending) == ("approvals", "pass", "", False)
    assert answer.reason == (
        "2 of 2 people approved: ada (ada@acme.example) at 2026-11-22T17:00:00Z,"
        " kim@acme.example at 2026-11-22T17:05:00Z"
    )
    assert answer.evidence == ("hash of ada@acme.example", "hash of kim@acme.example")


def test_too_few_fail_and_it_says_who_did_who_could_and_with_which_command() -> None:
    answer = ask(approval("ada@acme.example"), count=2)
    assert (answer.result, answer.is_pending) == ("fail", True)
    assert answer.reason == (
        "1 of 2 people approved: ada (ada@acme.example) at 2026-11-22T17:00:00Z\ncould approve: grace, lin"
    )
    assert answer.hint == "promptctl approve hello@1.1.0 --for prod"


def test_many_who_could_are_cut_short() -> None:
    people = {f"p{number}": (f"p{number}@acme.example",) for number in range(10)}
    answer = ask(people=people)
    assert answer.reason == "0 of 1 person approved\ncould approve: p0, p1, p2, p3, p4, p5, p6, p7 …"


@pytest.mark.parametrize(
    "second",
    ["ada@acme.example", "ada@home.example", "ADA@acme.example", "8928778+ada@users.noreply.github.com"],
)
def test_two_identities_of_one_person_are_one_approval(second: str) -> None:
    answer = ask(approval("ada@acme.example"), approval(second, minute=1), count=2)
    assert answer.result == "fail"
    assert answer.reason.startswith("1 of 2 people approved: ada (ada@acme.example)")


@pytest.mark.parametrize(
    "said",
    [
        {"digest": "sha256:" + "b" * 64},
        {"environment": "staging"},
        {"address": "prompts/bye"},
        {"signer": "mallory@acme.example"},
        {"signer": ""},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_is_about_something_else_or_not_by_its_signer_never_counts(said: dict[str, str]) -> None:
    answer = ask(approval("ada@acme.example", **said))
    assert (answer.result, answer.evidence) == ("fail", ())
    assert answer.reason.startswith("0 of 1 person approved\n")


def test_the_version_is_no_matter_the_digest_is() -> None:
    assert ask(approval("ada@acme.example", version="1.0.0")).result == "pass"


@pytest.mark.parametrize(
    "author",
    [
        "ada@acme.example",
        "Ada@Home.example",
        "8928778+ada@users.noreply.github.com",
    ],
)
def test_who_wrote_it_under_any_identity_does_not_count(author: str) -> None:
    answer = ask(approval("ada@acme.example"), authors=[author], not_author=True)
    assert (answer.result, answer.evidence) == ("fail", ())
    assert answer.reason == (
        "0 of 1 person approved\n"
        "ada (ada@acme.example) at 2026-11-22T17:00:00Z does not count: wrote the change\n"
        "could approve: grace, lin"
    )
    assert ask(approval("ada@acme.example"), authors=[author]).result == "pass"


def test_who_promotes_it_does_not_count() -> None:
    given = approval("grace@acme.example")
    answer = ask(given, promoter="grace@acme.example", not_author=True)
    assert answer.result == "fail"
    assert "does not count: promotes it" in answer.reason
    assert ask(given, promoter="grace@acme.example").result == "pass"


def test_an_author_outside_of_people_is_excluded_too() -> None:
    given = approval("kim@acme.example")
    assert ask(given, authors=["Kim@acme.example"], not_author=True, people={}).result == "fail"
    assert ask(given, authors=["kim@other.example"], not_author=True, people={}).result == "pass"


def test_without_signing_it_says_how_to_set_it_up() -> None:
    answer = ask(has_signing=False)
    assert (answer.result, answer.hint) == ("fail", "promptctl init --signing")
