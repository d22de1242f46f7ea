from __future__ import annotations

from promptctl.gates import signed
from promptctl.gates.result import Candidate

CANDIDATE = Candidate("prompts/hello", "1.1.0", "sha256:aa", "prod")


def test_a_tag_that_somebody_signed_passes_and_says_who() -> None:
    answer = signed.check(CANDIDATE, signer="ada@acme.example", problem="")
    assert (answer.gate, answer.result, answer.hint) == ("signed", "pass", "")
    assert answer.reason == "its tag is signed by ada@acme.example"


def test_a_tag_without_signature_fails_and_says_how_to_sign() -> None:
    answer = signed.check(CANDIDATE, signer=None, problem="")
    assert (answer.result, answer.reason) == ("fail", "its tag is not signed")
    assert answer.hint == "promptctl init --signing, then: promptctl release hello --bump patch"


def test_a_signature_that_does_not_count_fails_and_says_why() -> None:
    answer = signed.check(CANDIDATE, signer=None, problem="the key was revoked")
    assert answer.result == "fail"
    assert answer.reason == "the signature of its tag does not count: the key was revoked"
    assert answer.hint == "with a key of .promptctl/allowed_signers: promptctl release hello --bump patch"
