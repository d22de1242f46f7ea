from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from helpers.experiments import experiment

from promptctl.errors import IntegrityError, UsageError
from promptctl.model.in_toto import named
from promptctl.model.statements import (
    Approval,
    Revocation,
    Signed,
    Statement,
    Waiver,
    made_at,
    name_of,
    parse,
    standing,
    word_of,
)

ABOUT = {"address": "prompts/support-answer", "digest": "sha256:" + "a" * 64}
SAID = {"by": "ada@acme.example", "at": "2026-11-22T10:00:00Z", "reason": "read it"}
APPROVAL = Approval(version="1.2.0", environment="prod", experiments=("b" * 64,), **ABOUT, **SAID)
REVOCATION = Revocation(statement="c" * 64, **ABOUT, **SAID)
WAIVER = Waiver(version="1.2.0", environment="prod", gate="policy_loosened", **ABOUT, **SAID)
EXPERIMENT = experiment(**ABOUT)
ALL = [APPROVAL, REVOCATION, WAIVER, EXPERIMENT]
_SUBJECT = b'"subject":[{"digest":{"sha256":"' + b"a" * 64 + b'"},"name":"prompts/support-answer"}]}'


@pytest.mark.parametrize(
    ("statement", "content"),
    [
        (
            APPROVAL,
            b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"at":"2026-11-22T10:00:00Z",'
            b'"by":"ada@acme.example","environment":"prod","experiments":["' + b"b" * 64 + b'"],'
            b'"reason":"read it","version":"1.2.0"},'
            b'"predicateType":"https://promptctl.dev/approval/v1",' + _SUBJECT,
        ),
        (
            REVOCATION,
            b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"at":"2026-11-22T10:00:00Z",'
            b'"by":"ada@acme.example","reason":"read it","statement":"' + b"c" * 64 + b'"},'
            b'"predicateType":"https://promptctl.dev/revocation/v1",' + _SUBJECT,
        ),
        (
            WAIVER,
            b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"at":"2026-11-22T10:00:00Z",'
            b'"by":"ada@acme.example","environment":"prod","gate":"policy_loosened",'
            b'"reason":"read it","version":"1.2.0"},'
            b'"predicateType":"https://promptctl.dev/waiver/v1",' + _SUBJECT,
        ),
    ],
)
def test_a_statement_has_exactly_the_published_form(statement: Statement, content: bytes) -> None:
    assert statement.to_bytes() == content


@pytest.mark.parametrize("statement", ALL, ids=word_of)
def test_a_statement_reads_back_as_what_it_was_made_of(statement: Statement) -> None:
    content = statement.to_bytes()
    assert parse(content, sha256=name_of(content)) == statement
    assert made_at(statement).isoformat() == "2026-11-22T10:00:00+00:00"
    with pytest.raises(IntegrityError, match="hash to"):
        parse(content, sha256="0" * 64)


def _changed(statement: Statement, *path: Any, to: Any) -> bytes:
    plain = json.loads(statement.to_bytes())
    place = plain
    for key in path[:-1]:
        place = place[key]
    if to is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return rfc8785.dumps(plain)


@pytest.mark.parametrize(
    "content",
    [
        *(_changed(each, "predicate", "at", to="2026-13-01T00:00:00Z") for each in ALL[:3]),
        *(_changed(each, "predicate", "at", to="2026-11-22T10:00:00.0Z") for each in ALL[:3]),
        *(_changed(each, "predicate", "by", to=["ada@acme.example"]) for each in ALL[:3]),
        *(_changed(each, "predicate", "reason", to=KeyError) for each in ALL[:3]),
        *(_changed(each, "predicate", "more", to="") for each in ALL),
        *(_changed(each, "subject", 0, "name", to="evals/support-answer") for each in ALL),
        *(_changed(each, "subject", 0, "uri", to="x") for each in ALL),
        *(_changed(each, "_type", to="https://in-toto.io/Statement/v0.1") for each in ALL),
        *(_changed(each, "predicateType", to="https://promptctl.dev/review/v1") for each in ALL),
        *(_changed(each, "predicate", to=None) for each in ALL),
        _changed(APPROVAL, "predicateType", to="https://promptctl.dev/waiver/v1"),
        _changed(WAIVER, "predicateType", to="https://promptctl.dev/approval/v1"),
        _changed(APPROVAL, "predicate", "version", to="1.2"),
        _changed(APPROVAL, "predicate", "version", to="v1.2.0"),
        _changed(APPROVAL, "predicate", "environment", to="Prod"),
        _changed(APPROVAL, "predicate", "experiments", to="b" * 64),
        _changed(APPROVAL, "predicate", "experiments", to=["b" * 63]),
        _changed(REVOCATION, "predicate", "statement", to="C" * 64),
        _changed(WAIVER, "predicate", "gate", to=""),
        _changed(WAIVER, "predicate", "gate", to="../hold"),
    ],
)
def test_anything_but_an_exact_statement_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"the statement .* is not sound"):
        parse(content, sha256=name_of(content))


def _revocation(of: str, by: str, number: int = 0) -> Signed[Revocation]:
    said = replace(REVOCATION, statement=of, by=by, reason=str(number))
    return Signed(name_of(said.to_bytes()), said, by)


def test_a_revocation_stands_until_who_made_it_takes_it_back() -> None:
    first = _revocation("c" * 64, "ada")
    by_another, back = _revocation(first.sha256, "bob"), _revocation(first.sha256, "ada")
    again = _revocation(back.sha256, "ada")
    assert standing([first, by_another]) == (first, by_another)
    assert standing([back, first]) == (back,)
    assert standing([first, back, again]) == (first, again)
    assert standing([first, first]) == (first,)


def test_of_revocations_in_any_order_the_same_stand_as_by_the_rule() -> None:
    chooser = random.Random(7)
    for _ in range(200):
        made: list[Signed[Revocation]] = []
        for number in range(chooser.randrange(12)):
            of = chooser.choice([each.sha256 for each in made] or ["c" * 64])
            made.append(_revocation(of, chooser.choice("ab"), number))

        def stands(each: Signed[Revocation], made: list[Signed[Revocation]] = made) -> bool:
            against = [other for other in made if other.statement.statement == each.sha256]
            return not any(other.signer == each.signer and stands(other) for other in against)

        shuffled = chooser.sample(made, len(made))
        assert standing(shuffled) == tuple(each for each in shuffled if stands(each))


def test_a_chain_of_any_length_is_decided() -> None:
    chain = [_revocation("c" * 64, "ada")]
    for number in range(5_000):
        chain.append(_revocation(chain[-1].sha256, "ada", number))
    assert standing(chain) == tuple(chain[::2])


def test_a_name_is_the_only_one_that_begins_so() -> None:
    names = ["abcd" + "0" * 60, "abce" + "0" * 60, "abcf" + "0" * 60]
    assert named("abce", names) == names[1]
    assert named(names[2], names) == names[2]


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("abc", "not how a statement is called"),
        ("ABCD", "not how a statement is called"),
        ("abcd\n", "not how a statement is called"),
        ("-abcd", "not how a statement is called"),
        ("a" * 65, "not how a statement is called"),
        ("abce", "no statement begins with abce"),
        ("abcd", "2 statements begin with abcd: abcd00000000, abcd10000000"),
    ],
)
def test_a_name_that_is_none_or_several_is_refused(prefix: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        named(prefix, ["abcd" + "0" * 60, "abcd1" + "0" * 59])
    assert said in refused.value.message
