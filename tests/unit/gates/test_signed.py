from __future__ import annotations

import pytest

from promptctl.gates import signed
from promptctl.gates.result import Candidate

CANDIDATE = Candidate("prompts/hello", "1.1.0", "sha256:aa", "prod")


def test_a_tag_that_somebody_signed_passes_and_says_who() -> None:
    answer = signed.check(CANDIDATE, signer="ada@acme.example", problem="")
    assert (answer.gate, answer.result, answer.hint) == ("signed", "pass", "")
    assert answer.reason == "its tag is signed by ada@acme.example"


@pytest.mark.parametrize("problem", ["the tag is not signed", "the key SHA256:x is revoked"])
def test_a_tag_that_nobody_signed_who_counts_fails_and_says_how_to_sign(problem: str) -> None:
    answer = signed.check(CANDIDATE, signer=None, problem=problem)
    assert (answer.result, answer.reason) == ("fail", problem)
    assert answer.hint == "promptctl init --signing, then: promptctl release hello --bump patch"
