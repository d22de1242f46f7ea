from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
import rfc8785

from promptctl.errors import IntegrityError
from promptctl.model.evidence import CaseResult, Experiment, is_same_model, name_of, parse

EXPERIMENT = Experiment(
    address="prompts/support-answer",
    digest="sha256:" + "a" * 64,
    suite="evals/support-answer",
    suite_digest="sha256:" + "b" * 64,
    dataset_sha256="c" * 64,
    provider="local",
    model_named="smollm2-135m-instruct",
    model_answered="smollm2-135m-instruct",
    live=2,
    cached=1,
    replayed=0,
    started="2026-11-22T10:00:00Z",
    cases=(
        CaseResult("c1", "conv-9", must_pass=True, scores={"correct": (1.0,), "pass": (0.5,)}),
        CaseResult("c2", errored=True),
    ),
)


def test_a_statement_has_exactly_the_published_form() -> None:
    assert EXPERIMENT.to_bytes() == (
        b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"cached":1,"cases":['
        b'{"errored":false,"group":"conv-9","id":"c1","must_pass":true,"scores":{"correct":[1],"pass":[0.5]}},'
        b'{"errored":true,"group":"","id":"c2","must_pass":false,"scores":{}}],'
        b'"dataset_sha256":"' + b"c" * 64 + b'","harness":"1","judges":{},"live":2,'
        b'"model_answered":"smollm2-135m-instruct","model_named":"smollm2-135m-instruct",'
        b'"provider":"local","replayed":0,"started":"2026-11-22T10:00:00Z",'
        b'"suite":{"address":"evals/support-answer","digest":"sha256:' + b"b" * 64 + b'"}},'
        b'"predicateType":"https://promptctl.dev/experiment/v1",'
        b'"subject":[{"digest":{"sha256":"' + b"a" * 64 + b'"},"name":"prompts/support-answer"}]}'
    )


def test_a_statement_reads_back_as_the_experiment_it_was_made_of() -> None:
    content = EXPERIMENT.to_bytes()
    assert parse(content, sha256=hashlib.sha256(content).hexdigest()) == EXPERIMENT


def test_a_statement_under_another_name_is_refused() -> None:
    with pytest.raises(IntegrityError, match="hash to"):
        parse(EXPERIMENT.to_bytes(), sha256="0" * 64)


def _changed(*path: Any, to: Any) -> bytes:
    statement = json.loads(EXPERIMENT.to_bytes())
    place = statement
    for key in path[:-1]:
        place = place[key]
    if to is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return rfc8785.dumps(statement)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        EXPERIMENT.to_bytes() + b"\n",
        b" " + EXPERIMENT.to_bytes(),
        EXPERIMENT.to_bytes().replace(b'"cached":1,', b'"cached":1,"cached":1,'),
        EXPERIMENT.to_bytes().replace(b'"cached":1,', b'"cached":1.0,'),
        _changed("predicateType", to="https://promptctl.dev/approval/v1"),
        _changed("_type", to=7),
        _changed("subject", to=[]),
        _changed("subject", 0, "name", to="../../etc/passwd"),
        _changed("subject", 0, "name", to="evals/support-answer"),
        _changed("subject", 0, "digest", "sha256", to="A" * 64),
        _changed("subject", 0, "digest", to=[]),
        _changed("predicate", "live", to=True),
        _changed("predicate", "live", to=-1),
        _changed("predicate", "started", to="yesterday"),
        _changed("predicate", "started", to="2026-02-30T10:00:00Z"),
        _changed("predicate", "started", to="2026-11-22T9:00:00Z"),
        _changed("predicate", "suite", to=KeyError),
        _changed("predicate", "extra", to=1),
        _changed("predicate", "judges", to={"prompts/judges/x": "sha256:0"}),
        _changed("predicate", "cases", to={}),
        _changed("predicate", "cases", 0, "scores", to={"correct": 1}),
        _changed("predicate", "cases", 0, "scores", to={"correct": [1.5]}),
        _changed("predicate", "cases", 0, "scores", to={"correct": [True]}),
        _changed("predicate", "cases", 0, "scores", to={"correct": ["1"]}),
        _changed("predicate", "cases", 0, "errored", to="no"),
        _changed("predicate", "cases", 0, "id", to=None),
    ],
)
def test_anything_but_an_exact_statement_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"the experiment .* is not sound"):
        parse(content, sha256=name_of(content))


def test_a_statement_beyond_the_limit_is_not_even_hashed() -> None:
    with pytest.raises(IntegrityError, match="at most"):
        parse(b" " * (8 * 1024 * 1024 + 1), sha256="0" * 64)


def test_an_experiment_cannot_be_made_of_numbers_without_a_canonical_form() -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        replace(EXPERIMENT, live=2**60).to_bytes()


@pytest.mark.parametrize(
    ("named", "answered", "same"),
    [
        ("gpt-4.1", "gpt-4.1", True),
        ("gpt-4.1", "gpt-4.1-2026-04-14", True),
        ("claude-x-latest", "claude-x-20260101", True),
        ("gpt-4.1", "gpt-4.1-mini", False),
        ("gpt-4.1", "gpt-4.1-mini-2026-04-14", False),
        ("gpt-4-0613", "gpt-4-1106", False),
        ("gpt-4.1", "", False),
        ("gpt-4.1", "gpt-4.1, gpt-4.1-mini", False),
    ],
)
def test_the_model_that_answered_is_the_one_named_or_its_dated_snapshot(
    named: str, answered: str, same: bool
) -> None:
    assert is_same_model(named, answered) is same
