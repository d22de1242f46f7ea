from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.chat_server import ChatServer, chat_server

from promptctl.core import bundle as bundles
from promptctl.errors import RefusedError, StoppedError, Unavailable, UsageError
from promptctl.model.bundle import build
from promptctl.model.evidence import name_of, parse
from promptctl.model.pipeline import Pipeline, ProviderSettings
from promptctl.model.suite import Suite, resolve
from promptctl.services.connect import Connections
from promptctl.services.evaluate import Progress, Request, Side, Tools, evaluate
from promptctl.store.files import SourceFile
from promptctl.store.registry import read

PROMPT = """---
model: {id: m, provider: host, options: {temperature: 0, maxOutputTokens: 50}}
inputs:
  q: {kind: string, required: true}
  context: {kind: string, default: ""}
promptctl: {rag_config: kb, context_template: passages}
---
system:
Use only this. {{ context }}

user:
{{ q }}
"""
FILES = {
    "prompts/ask.md": PROMPT,
    "rag_configs/kb.yaml": "retrieval: {top_k: 2}\n",
    "context_templates/passages.md": (
        "---\ninputs:\n  documents: {kind: array, required: true, items: {kind: object}}\n---\n"
        "{% for doc in documents %}[{{ doc.id }}] {{ doc.content }}\n{% endfor %}\n"
    ),
    "evals/ask.yaml": (
        "target: prompts/ask\ndataset: golden\nprimary: correct\nmin_score: 0.5\nassert:\n"
        '  - {type: contains, value: "{{ expected }}", metric: correct}\n'
        "  - {type: latency, threshold: 60000, metric: fast}\n"
    ),
    "datasets/golden.jsonl": "".join(
        json.dumps(
            {
                "id": f"c{number:02}",
                "vars": {"q": f"question {number}?", "other": "not declared"},
                "documents": [{"id": f"d{at}", "content": f"fact {number}.{at}"} for at in range(3)],
                "expected": f"fact {number}.1",
            }
        )
        + "\n"
        for number in range(60)
    ),
}
STARTED = "2026-11-22T10:00:00Z"


def last_fact(body: Mapping[str, Any]) -> str:
    """Repeat the last line of what the prompt gives as facts."""
    return str(body["messages"][0]["content"].strip().splitlines()[-1])


@pytest.fixture(scope="module")
def shared_server() -> Iterator[ChatServer]:
    with chat_server(last_fact) as server:
        yield server


@pytest.fixture
def server(shared_server: ChatServer) -> ChatServer:
    shared_server.respond = last_fact
    shared_server.model = "m"
    shared_server.requests.clear()
    shared_server.headers.clear()
    return shared_server


def side(label: str = "work tree", **changed: str) -> Side:
    built = build(_registry(changed), "prompts/ask")
    return Side(label, bundles.parse(built.content, digest=built.digest))


def suite(**changed: str) -> Suite:
    return resolve(_registry(changed), "evals/ask")


def _registry(changed: Mapping[str, str]) -> Any:
    files = {**FILES, **changed}
    return read([SourceFile(path, text.encode(), 0o100644, len(text)) for path, text in files.items()])


def connections(server: ChatServer, folder: Path, **more: Any) -> Connections:
    pipeline = Pipeline(
        providers={"host": ProviderSettings(server.url), "keyed": ProviderSettings(server.url, "KEY")}
    )
    return Connections(
        pipeline=lambda: pipeline,
        environ=more.pop("environ", {}),
        cache_dir=folder / "cache",
        jitter=lambda: 0.0,
        **more,
    )


def tools(server: ChatServer, folder: Path, **more: Any) -> Tools:
    made = {key: more.pop(key) for key in ("environ", "cassette", "recording") if key in more}
    connect = connections(server, folder, **made).connect
    return Tools(connect=connect, started=STARTED, journals=folder / "journals", **more)


def test_the_model_gets_what_the_runtime_would_send_with_documents_cut_and_laid_out(
    server: ChatServer, tmp_path: Path
) -> None:
    (judged,) = evaluate(Request(side(), None, (suite(),), 0.05), tools(server, tmp_path))
    asked = sorted(server.requests, key=lambda each: str(each["messages"]))
    assert asked[0] == {
        "model": "m",
        "temperature": 0,
        "max_tokens": 50,
        "messages": [
            {"role": "system", "content": "Use only this. [d0] fact 0.0\n[d1] fact 0.1\n"},
            {"role": "user", "content": "question 0?"},
        ],
    }
    assert len(asked) == 60
    assert judged.verdict.result == "PASS"
    assert judged.candidate.cases[0].answers[0].text == "[d1] fact 0.1"


def test_an_experiment_holds_scores_by_case_and_no_text(server: ChatServer, tmp_path: Path) -> None:
    candidate, its_suite = side(), suite()
    (judged,) = evaluate(Request(candidate, None, (its_suite,), 0.05), tools(server, tmp_path))
    experiment = judged.candidate.experiment
    content = experiment.to_bytes()
    assert parse(content, sha256=name_of(content)) == experiment
    assert b"question" not in content
    assert b"[d1]" not in content
    assert (experiment.address, experiment.digest) == ("prompts/ask", candidate.bundle.digest)
    assert (experiment.suite_digest, experiment.dataset_sha256) == (
        its_suite.digest,
        its_suite.dataset_sha256,
    )
    assert (experiment.provider, experiment.model_named, experiment.model_answered) == ("host", "m", "m")
    assert (experiment.live, experiment.cached, experiment.replayed) == (60, 0, 0)
    assert [case.id for case in experiment.cases] == [f"c{number:02}" for number in range(60)]
    assert experiment.cases[0].scores == {"correct": (1.0,), "fast": (1.0,)}
    assert experiment.started == STARTED


def test_both_sides_are_run_and_compared(server: ChatServer, tmp_path: Path) -> None:
    worse = side(**{"rag_configs/kb.yaml": "retrieval: {top_k: 1}\n"})
    (judged,) = evaluate(Request(worse, side("prod"), (suite(),), 0.05), tools(server, tmp_path))
    assert judged.verdict.result == "FAIL"
    assert len(judged.verdict.broke) == 60
    assert judged.baseline is not None
    assert judged.baseline.experiment.digest == side().bundle.digest
    assert len(server.requests) == 120


def test_what_was_answered_once_is_not_asked_again(server: ChatServer, tmp_path: Path) -> None:
    request = Request(side(), None, (suite(),), 0.05)
    evaluate(request, tools(server, tmp_path))
    (judged,) = evaluate(request, tools(server, tmp_path))
    assert len(server.requests) == 60
    experiment = judged.candidate.experiment
    assert (experiment.live, experiment.cached) == (0, 60)


def test_retrieval_that_the_documents_cannot_show_is_inconclusive(server: ChatServer, tmp_path: Path) -> None:
    other = side(**{"rag_configs/kb.yaml": "retrieval: {top_k: 2, alpha: 0.9}\n"})
    (judged,) = evaluate(Request(other, side("prod"), (suite(),), 0.05), tools(server, tmp_path))
    assert judged.invisible == ("retrieval.alpha",)
    assert judged.verdict.result == "INCONCLUSIVE"


def test_a_case_whose_call_fails_is_errored_with_the_reason(server: ChatServer, tmp_path: Path) -> None:
    server.respond = lambda body: 400 if "question 7?" in str(body) else last_fact(body)
    (judged,) = evaluate(Request(side(), None, (suite(),), 0.05), tools(server, tmp_path))
    case = judged.candidate.cases[7]
    assert case.result.errored
    assert case.result.scores == {}
    assert "answered 400" in case.error
    assert judged.verdict.errored == ("c07",)


def test_a_case_that_cannot_be_rendered_is_errored(server: ChatServer, tmp_path: Path) -> None:
    strict = PROMPT.replace("  context:", "  extra: {kind: string, required: true}\n  context:")
    cases = FILES["datasets/golden.jsonl"].replace('"other": "not declared"', '"extra": "x"', 59)
    changed = {"prompts/ask.md": strict, "datasets/golden.jsonl": cases}
    (judged,) = evaluate(Request(side(**changed), None, (suite(**changed),), 0.05), tools(server, tmp_path))
    assert judged.verdict.errored == ("c59",)
    assert "'extra' is required" in judged.candidate.cases[59].error
    assert len(server.requests) == 59


def test_where_nothing_answers_at_all_there_is_no_experiment(server: ChatServer, tmp_path: Path) -> None:
    server.respond = lambda _: 401
    with pytest.raises(Unavailable, match="answered 401"):
        evaluate(Request(side(), None, (suite(),), 0.05), tools(server, tmp_path))


def test_an_interrupted_run_goes_on_where_it_was(server: ChatServer, tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done == 40:
            raise ZeroDivisionError

    request = Request(side(), None, (suite(),), 0.05)
    with pytest.raises(ZeroDivisionError):
        evaluate(request, tools(server, tmp_path, on_progress=interrupt))
    for each in (tmp_path / "cache" / "responses").iterdir():
        each.unlink()
    server.model = "later"
    (journal,) = (tmp_path / "journals").iterdir()
    kept = len(journal.read_bytes().splitlines()) - 1
    journal.write_bytes(journal.read_bytes()[:-20])  # the last line was cut short
    later = replace(tools(server, tmp_path, resume=True), started="2026-11-23T10:00:00Z")
    (judged,) = evaluate(request, later)
    answered = [case.answers[0].model_answered for case in judged.candidate.cases]
    assert (answered.count("m"), answered.count("later")) == (kept - 1, 60 - (kept - 1))
    assert kept >= 40
    assert judged.candidate.experiment.live == 60
    assert judged.candidate.experiment.started == STARTED
    assert list((tmp_path / "journals").iterdir()) == []


def test_without_resume_a_run_begins_anew(server: ChatServer, tmp_path: Path) -> None:
    request = Request(side(), None, (suite(),), 0.05)
    broken = replace(tools(server, tmp_path), on_progress=lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluate(request, broken)
    (judged,) = evaluate(request, replace(tools(server, tmp_path), started="2026-11-23T10:00:00Z"))
    assert judged.candidate.experiment.started == "2026-11-23T10:00:00Z"


def test_progress_counts_every_case_once(server: ChatServer, tmp_path: Path) -> None:
    seen: list[Progress] = []
    evaluate(Request(side(), None, (suite(),), 0.05), tools(server, tmp_path, on_progress=seen.append))
    assert [each.done for each in seen] == list(range(1, 61))
    assert {(each.label, each.suite, each.total) for each in seen} == {("work tree", "evals/ask", 60)}


def test_repeats_are_asked_only_where_the_model_samples(server: ChatServer, tmp_path: Path) -> None:
    three = suite(**{"evals/ask.yaml": FILES["evals/ask.yaml"] + "repeats: 3\n"})
    (judged,) = evaluate(Request(side(), None, (three,), 0.05), tools(server, tmp_path))
    assert judged.candidate.experiment.cases[0].scores["correct"] == (1.0,)
    warm = side(**{"prompts/ask.md": PROMPT.replace("temperature: 0", "temperature: 0.7")})
    (judged,) = evaluate(Request(warm, None, (three,), 0.05), tools(server, tmp_path))
    assert judged.candidate.experiment.cases[0].scores["correct"] == (1.0, 1.0, 1.0)
    assert judged.candidate.experiment.live == 180


def test_another_provider_may_stand_in_and_the_evidence_says_who_answered(
    server: ChatServer, tmp_path: Path
) -> None:
    server.model = "m-2026-01-01"
    request = Request(side(), None, (suite(),), 0.05, provider="keyed")
    (judged,) = evaluate(request, tools(server, tmp_path, environ={"KEY": "secret"}))
    experiment = judged.candidate.experiment
    assert (experiment.provider, experiment.model_named) == ("keyed", "m")
    assert experiment.model_answered == "m-2026-01-01"
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert not any("secret" in each.read_text() for each in tmp_path.rglob("*.jsonl"))


def test_recorded_answers_are_replayed_and_say_so(server: ChatServer, tmp_path: Path) -> None:
    cassette = tmp_path / "cassette.jsonl"
    request = Request(side(), None, (suite(),), 0.05)
    evaluate(request, tools(server, tmp_path, recording=cassette))
    (judged,) = evaluate(replace(request, provider="replay"), tools(server, tmp_path, cassette=cassette))
    experiment = judged.candidate.experiment
    assert len(server.requests) == 60
    assert (experiment.provider, experiment.model_answered, experiment.replayed) == ("replay", "m", 60)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"evals/ask.yaml": FILES["evals/ask.yaml"].replace("contains", "contians")},
            "did you mean contains",
        ),
        (
            {"evals/ask.yaml": FILES["evals/ask.yaml"].replace("{{ expected }}", "{{ expected.x }}")},
            "expected.x",
        ),
        (
            {"evals/ask.yaml": FILES["evals/ask.yaml"].replace("primary: correct", "primary: right")},
            "'right'",
        ),
    ],
)
def test_a_suite_that_makes_no_sense_is_refused_before_anything_is_asked(
    server: ChatServer, tmp_path: Path, changed: dict[str, str], words: str
) -> None:
    with pytest.raises(StoppedError, match=r"evals/ask, case c00") as refusal:
        evaluate(Request(side(), None, (suite(**changed),), 0.05), tools(server, tmp_path))
    assert words in str(refusal.value)
    assert server.requests == []


@pytest.mark.parametrize(
    ("provider", "error", "words"),
    [
        ("elsewhere", UsageError, "no provider 'elsewhere'"),
        ("keyed", Unavailable, "KEY"),
        ("replay", UsageError, "nothing is recorded"),
    ],
)
def test_a_provider_that_cannot_be_had_is_refused(
    server: ChatServer, tmp_path: Path, provider: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        evaluate(Request(side(), None, (suite(),), 0.05, provider=provider), tools(server, tmp_path))


def test_a_file_that_cannot_be_written_any_more_refuses_the_run_and_is_no_error_of_a_case(
    server: ChatServer, tmp_path: Path
) -> None:
    def fill_the_disk(progress: Progress) -> None:
        if progress.done == 20:
            (journal,) = (tmp_path / "journals").iterdir()
            journal.unlink()
            journal.mkdir()

    request = Request(side(), None, (suite(),), 0.05)
    with pytest.raises(RefusedError, match=r"journals/.* cannot be used: Is a directory") as refused:
        evaluate(request, tools(server, tmp_path, on_progress=fill_the_disk))
    assert "PROMPTCTL_CACHE_DIR" in refused.value.hint
