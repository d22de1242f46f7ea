from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from helpers.chat_server import ChatServer, chat_server
from helpers.keys import make_key, signers, signs
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote
from helpers.shop import Done, call, ok, publish

PROMPT = """---
model: {id: m, provider: host, options: {temperature: 0}}
inputs:
  q: {kind: string, required: true}
---
system:
Be right.

user:
{{ q }}
"""
PIPELINE = """environments:
  - name: dev
  - name: prod
    after: dev
    gates:
      evals: {margin: 0.10}
providers:
  host: {base_url: "URL", api_key_env: HOST_KEY}
"""
SUITE = """target: prompts/ask
dataset: golden
primary: correct
min_score: 0.7
assert:
  - {type: contains, value: "{{ expected }}", metric: correct}
"""
CASES = "".join(
    json.dumps({"id": f"c{number:02}", "vars": {"q": f"question {number}?"}, "expected": f"answer {number}."})
    + "\n"
    for number in range(60)
)


def answer(body: Mapping[str, Any]) -> str:
    """Answer rightly, but for one question in ten if asked to be quick, and all if asked to be wrong."""
    system, user = (each["content"] for each in body["messages"])
    number = int(user.removeprefix("question ").removesuffix("?"))
    wrong = "wrong" in system or ("quick" in system and number % 6 == 1)
    return "no idea" if wrong else f"answer {number}."


@pytest.fixture(scope="module")
def shared_server() -> Iterator[ChatServer]:
    with chat_server(answer) as server:
        server.model = "m"
        yield server


@pytest.fixture
def server(shared_server: ChatServer) -> ChatServer:
    shared_server.respond = answer
    shared_server.requests.clear()
    return shared_server


@dataclass(frozen=True)
class Desk:
    """A clone, its remote, and what a person does there."""

    clone: Clone
    remote: Clone

    def edit(self, text: str) -> None:
        self.clone.write({"prompts/ask.md": PROMPT.replace("Be right.", text)})

    def push(self, text: str) -> None:
        self.clone.commit({"prompts/ask.md": PROMPT.replace("Be right.", text)})
        self.clone.git("push", "--quiet", "origin", "HEAD:main")

    def call(self, *words: str) -> Done:
        return call(self.clone, *words)

    def serve(self, *environments: str) -> None:
        ok(self.clone, "release", "ask")
        for each in environments:
            ok(self.clone, "promote", "ask", "--to", each)


@pytest.fixture
def desk(tmp_path: Path, server: ChatServer) -> Desk:
    environ = hermetic_environ(tmp_path / "home")
    environ |= {"PROMPTCTL_CACHE_DIR": str(tmp_path / "cache"), "HOST_KEY": "secret"}
    files = {
        "promptctl.yaml": PIPELINE.replace("URL", server.url),
        "prompts/ask.md": PROMPT,
        "evals/ask.yaml": SUITE,
        "datasets/golden.jsonl": CASES,
    }
    remote = make_remote(tmp_path / "remote.git", environ, files)
    return Desk(make_clone(remote, tmp_path / "ada", environ), remote)


def test_a_first_run_is_judged_by_min_score(desk: Desk) -> None:
    done = desk.call("eval", "ask")
    assert done.code == 0
    assert done.out == (
        "ask (work tree), by evals/ask\n"
        "PASS  correct 100 %   60 cases\n"
        "      Nothing to compare with; 100 % is at least `min_score` 70 %.\n"
        "      work tree: host m answered, 60 live\n"
    )


def test_a_drop_fails_with_the_cases_that_broke(desk: Desk) -> None:
    desk.serve("dev")
    desk.edit("Be quick.")
    done = desk.call("eval", "ask", "--baseline", "@dev")
    assert done.code == 1
    assert done.out.splitlines()[1].startswith("FAIL  correct 83.3 % vs dev 100 %")
    assert "      Broke: c01 c07 c13 c19 c25 c31 c37 c43 c49 c55\n" in done.out
    better = desk.call("eval", "ask@git:HEAD", "--baseline", "ask@1.0.0")
    assert better.code == 0
    assert "ask (git:HEAD) against 1.0.0, by evals/ask" in better.out


def test_what_got_fixed_is_named_too(desk: Desk) -> None:
    desk.push("Be quick.")
    desk.serve("dev")
    desk.edit("Be right.")
    done = desk.call("eval", "ask", "--baseline", "@dev")
    assert done.code == 0
    assert "Fixed: c01 c07 c13 c19 c25" in done.out


def test_output_is_the_same_on_every_run(desk: Desk) -> None:
    desk.call("eval", "ask")
    first, second = (desk.call("eval", "ask").out for _ in range(2))
    assert first == second
    assert "60 cached" in first


def test_json_has_the_verdict_and_nothing_else_is_printed(desk: Desk) -> None:
    desk.serve("dev")
    desk.edit("Be quick.")
    done = desk.call("eval", "ask", "--baseline", "@dev", "-o", "json")
    assert done.code == 1
    found = done.json
    assert sorted(found) == ["evaluations", "recorded", "schema", "signer"]
    assert found["schema"] == "promptctl.eval/v1"
    (evaluation,) = found["evaluations"]
    assert (evaluation["address"], evaluation["result"]) == ("prompts/ask", "FAIL")
    (suite,) = evaluation["suites"]
    assert suite["broke"] == [f"c{number:02}" for number in range(1, 60, 6)]
    assert suite["margin"] == 0.05
    assert (suite["candidate"]["live"], suite["baseline"]["label"]) == (60, "dev")
    assert suite["candidate"]["digest"] == evaluation["digest"] != suite["baseline"]["digest"]


def test_the_margin_is_the_one_of_the_baselines_gate(desk: Desk) -> None:
    desk.call("eval", "ask", "--record")
    desk.serve("dev", "prod")
    (evaluation,) = ok(desk.clone, "eval", "ask", "--baseline", "@prod")["evaluations"]
    assert evaluation["suites"][0]["margin"] == 0.10


def test_recorded_evidence_lets_a_promotion_through_its_gate_and_a_failed_one_not(desk: Desk) -> None:
    ok(desk.clone, "release", "ask")
    ok(desk.clone, "promote", "ask", "--to", "dev")
    stopped = desk.call("promote", "ask", "--to", "prod")
    assert stopped.code == 1
    assert "promptctl eval ask@1.0.0 --record" in stopped.out
    assert desk.call("eval", "ask@1.0.0", "--record").code == 0
    ok(desk.clone, "promote", "ask", "--to", "prod")

    desk.push("Be wrong.")
    desk.serve("dev")
    stopped = desk.call("promote", "ask", "--to", "prod")
    assert "promptctl eval ask@1.1.0 --baseline @prod --record" in stopped.out
    assert desk.call("eval", "ask@1.1.0", "--baseline", "@prod", "--record").code == 1
    stopped = desk.call("promote", "ask", "--to", "prod")
    assert stopped.code == 1
    assert "FAIL  correct 0 % vs prod 100 %" in stopped.out

    desk.push("Be right and kind.")
    desk.serve("dev")
    recorded = ok(desk.clone, "eval", "ask@1.2.0", "--baseline", "@prod", "--record")["recorded"]
    assert len(recorded) == 2
    ok(desk.clone, "promote", "ask", "--to", "prod")


def test_recorded_evidence_is_signed_and_an_evaluators_signature_opens_the_gate(desk: Desk) -> None:
    desk.serve("dev")
    pipeline = (desk.clone.path / "promptctl.yaml").read_text("utf-8")
    publish(desk.clone, {"promptctl.yaml": f"{pipeline}evaluators: [ada@acme.example]\n"})
    unsigned = desk.call("eval", "ask@1.0.0", "--record")
    assert "(unverified; only the signature of ada@acme.example counts)" in unsigned.out
    assert "no gate will count this evidence: only the signature of ada@acme.example" in unsigned.err
    stopped = desk.call("promote", "ask", "--to", "prod")
    assert "not signed" in stopped.out
    assert "promptctl eval ask@1.0.0 --record as ada@acme.example" in stopped.err

    publish(desk.clone, signers([desk.clone]))
    signed = ok(desk.clone, "eval", "ask@1.0.0", "--record")
    assert (signed["signer"], len(signed["recorded"])) == ("ada@acme.example", 1)
    assert f"{signed['recorded'][0]}.json.sig" in desk.remote.git("ls-tree", "-r", "--name-only", "evidence")
    again = desk.call("eval", "ask@1.0.0", "--record")
    assert "(signed by ada@acme.example)" in again.out
    assert "no gate will count" not in again.err
    ok(desk.clone, "promote", "ask", "--to", "prod")


def test_a_key_that_nobody_knows_records_unverified_evidence(desk: Desk, tmp_path: Path) -> None:
    signs(desk.clone, make_key(tmp_path / "key"))
    done = ok(desk.clone, "eval", "ask", "--record")
    assert (done["signer"], len(done["recorded"])) == (None, 1)
    assert ".sig" not in desk.remote.git("ls-tree", "-r", "--name-only", "evidence")


def test_evidence_of_an_uncommitted_edit_counts_once_it_is_released(desk: Desk) -> None:
    desk.edit("Be right, always.")
    assert desk.call("eval", "ask", "--record").code == 0
    desk.push("Be right, always.")
    desk.serve("dev", "prod")


def test_a_suite_that_is_not_merged_is_run_and_said_not_to_count(desk: Desk) -> None:
    desk.clone.write({"evals/ask.yaml": SUITE.replace("min_score: 0.7", "min_score: 0.1")})
    done = desk.call("eval", "ask", "--record")
    assert done.code == 0
    assert "evals/ask is not the one of the default branch" in done.err
    desk.serve("dev")
    assert desk.call("promote", "ask", "--to", "prod").code == 1


def test_a_first_promotion_has_no_baseline(desk: Desk) -> None:
    done = desk.call("eval", "ask", "--baseline", "@prod")
    assert done.code == 0
    assert "Nothing to compare with" in done.out


def test_a_report_has_both_sides_answers(desk: Desk, tmp_path: Path) -> None:
    desk.serve("dev")
    desk.edit("Be quick.")
    report = tmp_path / "report.json"
    desk.call("eval", "ask", "--baseline", "@dev", "--report", str(report))
    found = json.loads(report.read_bytes())
    assert found["schema"] == "promptctl.report/v1"
    case = found["evaluations"][0]["suites"][0]["answers"][1]
    assert case["id"] == "c01"
    assert case["candidate"]["outputs"][0]["text"] == "no idea"
    assert case["baseline"]["outputs"][0]["text"] == "answer 1."
    assert case["candidate"]["scores"] == {"correct": [0.0]}
    missing = desk.call("eval", "ask", "--report", str(tmp_path / "no" / "report.json"))
    assert missing.code == 4


def test_recorded_responses_replay_without_anybody_and_say_so(
    desk: Desk, server: ChatServer, tmp_path: Path
) -> None:
    cassette = str(tmp_path / "cassette.jsonl")
    desk.call("eval", "ask", "--record-responses", cassette)
    server.respond = lambda _: 500
    done = desk.call("eval", "ask", "--replay", cassette, "--record")
    assert done.code == 0
    assert "replay m answered, 60 REPLAYED" in done.out
    desk.serve("dev")
    stopped = desk.call("promote", "ask", "--to", "prod")
    assert stopped.code == 1
    assert "its answers were replayed" in stopped.out


def test_an_errored_case_is_shown_with_its_reason(desk: Desk, server: ChatServer) -> None:
    server.respond = lambda body: 400 if "question 3?" in str(body) else answer(body)
    done = desk.call("eval", "ask")
    assert "c03 (work tree): provider host at 127.0.0.1" in done.out


def test_a_key_goes_only_to_a_host_that_the_default_branch_names(desk: Desk, server: ChatServer) -> None:
    desk.clone.write({"promptctl.yaml": PIPELINE.replace("URL", "http://127.0.0.1:9/v1")})
    assert desk.call("eval", "ask").code == 0
    assert len(server.requests) == 60
    named = PROMPT.replace("provider: host", "provider: elsewhere")
    desk.clone.write({"prompts/ask.md": named, "promptctl.yaml": PIPELINE.replace("host:", "elsewhere:")})
    refused = desk.call("eval", "ask")
    assert refused.code == 2
    assert "no provider 'elsewhere' in promptctl.yaml of the default branch" in refused.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["eval"], 2, "Missing argument"),
        (["eval", "aks"], 2, "there is no prompts/aks"),
        (["eval", "@prod"], 2, "an environment is what to compare with"),
        (["eval", "ask", "--suite", "other"], 2, "evals/other does not judge prompts/ask"),
        (["eval", "ask", "--baseline", "ask@9.0.0"], 2, "there is no release prompts/ask 9.0.0"),
        (["eval", "ask", "--baseline", "@nowhere"], 2, "there is no environment 'nowhere'"),
        (["eval", "ask", "--provider", "host", "--replay", "x"], 2, "recorded responses"),
        (["eval", "ask", "--replay", "missing.jsonl"], 2, "there is no file missing.jsonl"),
    ],
)
def test_wrong_words_are_refused(desk: Desk, words: list[str], code: int, message: str) -> None:
    done = desk.call(*words)
    assert (done.code, done.out) == (code, "")
    assert message.lower() in done.err.lower()


def test_without_a_suite_there_is_nothing_to_run(desk: Desk) -> None:
    desk.clone.write({"prompts/other.md": PROMPT})
    done = desk.call("eval", "other")
    assert done.code == 1
    assert "evals/other.yaml" in done.err


def test_on_a_terminal_progress_and_retries_are_shown(desk: Desk, server: ChatServer) -> None:
    failed: set[str] = set()

    def fail_once(body: Mapping[str, Any]) -> str | int:
        if "question 5?" in str(body) and not failed:
            failed.add("c05")
            return 503
        return answer(body)

    server.respond = fail_once
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "promptctl", "eval", "ask"],
        cwd=desk.clone.path,
        env={**desk.clone.environ, "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = _read_all(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "evals/ask work tree" in shown
    assert "60/60" in shown
    assert "answered 503" in shown
    assert "60 live" in out.decode()


def _read_all(terminal: int) -> str:
    parts = []
    with (
        os.fdopen(terminal, "rb", buffering=0) as stream,
        suppress(OSError),
    ):  # Linux ends a terminal with EIO
        while part := stream.read(65536):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.parametrize("words", [[], ["--record-responses", "/proc/foo/x"], ["--report", "/proc/foo/x"]])
def test_a_file_that_cannot_be_written_is_refused_by_its_path(desk: Desk, words: list[str]) -> None:
    environ = dict(desk.clone.environ)
    if not words:
        environ["PROMPTCTL_CACHE_DIR"] = "/proc/foo"
    done = call(Clone(desk.clone.path, environ), "eval", "ask", *words)
    assert done.code == 4
    assert "error: /proc/foo/" in done.err
    assert "cannot be used: No such file or directory" in done.err
    assert "may write to" in done.err


@pytest.mark.parametrize("path", ["evals/ask.yml", "evals/Ask2.yaml", "evals/other.yaml"])
def test_a_suite_that_cannot_be_read_keeps_everything_from_its_gate(desk: Desk, path: str) -> None:
    desk.serve("dev")
    ok(desk.clone, "eval", "ask@1.0.0", "--record")
    content = SUITE if "other" not in path else SUITE + "nonsense: 1\n"
    publish(desk.clone, {path: content})
    (gate,) = [
        each
        for each in desk.call("promote", "ask", "--to", "prod", "-o", "json").json["gates"]
        if each["gate"] == "evals"
    ]
    assert gate["result"] == "inconclusive"
    assert gate["reason"] == f"{path} cannot be read, and might judge prompts/ask"
    assert gate["hint"] == "promptctl validate"


def test_what_the_gate_says_fits_a_terminal_and_names_what_broke_on_a_line(desk: Desk) -> None:
    desk.serve("dev")
    ok(desk.clone, "eval", "ask@1.0.0", "--record")
    ok(desk.clone, "promote", "ask", "--to", "prod")
    desk.push("Be quick.")
    desk.serve("dev")
    assert desk.call("eval", "ask@1.1.0", "--baseline", "@prod", "--record").code == 1
    narrow = Clone(desk.clone.path, {**desk.clone.environ, "COLUMNS": "80"})
    done = call(narrow, "promote", "ask", "--to", "prod")
    assert done.code == 1
    assert max(map(len, done.out.splitlines())) <= 80
    assert "Broke: c01 c07 c13 c19 c25 c31 c37 c43 c49 c55" in [
        each.strip() for each in done.out.splitlines()
    ]
    evaluated = call(narrow, "eval", "ask@1.1.0", "--baseline", "@prod")
    assert max(map(len, evaluated.out.splitlines())) <= 80


def test_json_has_frozen_keys(desk: Desk) -> None:
    desk.serve("dev")
    found = ok(desk.clone, "eval", "ask", "--baseline", "@dev")
    assert set(found) == {"schema", "evaluations", "recorded", "signer"}
    (evaluation,) = found["evaluations"]
    assert set(evaluation) == {"address", "digest", "result", "suites"}
    (suite,) = evaluation["suites"]
    numbers = {"cases", "difference", "lower", "upper", "margin", "shown_drop", "cases_enough"}
    named = {"fixed", "broke", "errored", "invisible"}
    assert set(suite) == numbers | named | {
        "suite",
        "suite_digest",
        "metric",
        "result",
        "reason",
        "candidate",
        "baseline",
    }
    for side in ("candidate", "baseline"):
        assert set(suite[side]) == {
            "label",
            "digest",
            "mean",
            "provider",
            "model_named",
            "model_answered",
            "live",
            "cached",
            "replayed",
        }
