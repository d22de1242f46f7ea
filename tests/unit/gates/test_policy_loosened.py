from __future__ import annotations

from typing import Any

from helpers.approvals import CANDIDATE, PEOPLE, approval

from promptctl.gates import policy_loosened
from promptctl.gates.result import GateResult
from promptctl.model.pipeline import PolicyLoosenedGate
from promptctl.model.statements import Approval, Signed

GROUPS = {"security": ("ada", "grace"), "legal": ("lin",)}
LOOSER = ("LOOSENS POLICY  tool_policies/orders: tools.refund: max 50 → 500",)


def ask(*given: Signed[Approval], loosened: tuple[str, ...] = LOOSER, **said: Any) -> GateResult:
    settings = PolicyLoosenedGate(said.pop("groups", ("security",)), said.pop("approvals", 1))
    return policy_loosened.check(
        CANDIDATE, loosened=loosened, settings=settings, approvals=given, groups=GROUPS, people=PEOPLE, **said
    )


def test_what_loosens_nothing_needs_nobody() -> None:
    answer = ask(loosened=())
    assert (answer.gate, answer.result, answer.reason) == ("policy_loosened", "pass", "nothing is loosened")


def test_what_loosens_needs_somebody_of_the_group_and_shows_what() -> None:
    answer = ask()
    assert (answer.result, answer.is_pending) == ("fail", True)
    assert answer.reason == f"0 of 1 in security approved (could approve: ada, grace)\n{LOOSER[0]}"
    assert answer.hint == "promptctl approve hello@1.1.0 --for prod"


def test_a_member_lets_it_through_and_the_record_says_who_and_what() -> None:
    answer = ask(approval("8928778+ada@users.noreply.github.com"))
    assert (answer.result, answer.hint, answer.is_pending) == ("pass", "", False)
    assert answer.evidence == ("hash of 8928778+ada@users.noreply.github.com",)
    assert answer.reason == (
        "1 of 1 in security approved: ada (8928778+ada@users.noreply.github.com) at 2026-11-22T17:00:00Z\n"
        f"{LOOSER[0]}"
    )


def test_others_do_not_count_however_many() -> None:
    answer = ask(approval("lin@acme.example"), approval("kim@acme.example"))
    assert answer.result == "fail"


def test_one_person_is_one_of_the_group_under_all_identities() -> None:
    twice = (approval("ada@acme.example"), approval("ada@home.example"))
    assert ask(*twice, approvals=2).result == "fail"
    assert ask(*twice, approval("grace@acme.example"), approvals=2).result == "pass"


def test_members_of_any_of_the_groups_count() -> None:
    answer = ask(approval("lin@acme.example"), groups=("security", "legal"))
    assert answer.result == "pass"
    assert answer.reason.startswith("1 of 1 in security or legal approved: lin ")


def test_an_approval_of_another_digest_or_environment_does_not_count() -> None:
    for said in (
        {"digest": "sha256:" + "b" * 64},
        {"environment": "staging"},
        {"signer": "lin@acme.example"},
    ):
        assert ask(approval("ada@acme.example", **said)).result == "fail"


def test_a_long_list_is_cut_short() -> None:
    lines = ask(loosened=tuple(f"change {number}" for number in range(30))).reason.splitlines()
    assert lines[1:] == [*(f"change {number}" for number in range(20)), "and 10 changes more"]


def test_without_signing_it_says_how_to_set_it_up() -> None:
    assert ask(has_signing=False).hint == "promptctl init --signing"
