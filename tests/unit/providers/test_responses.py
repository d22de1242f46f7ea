"""Answers kept in files: the cache's key, the cache, recording and replay."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest

from promptctl.errors import Unavailable
from promptctl.providers.chat import ChatRequest, ChatResponse, Provider, ProviderError, cache_key
from promptctl.providers.responses import Cached, Recording, Replay, ResponseFile

REQUEST = ChatRequest("small", ({"role": "user", "content": "Grüße"},), {"temperature": 0})
IDENTITY = {"base_url": "https://models.example/v1"}


class Counting:
    """A provider whose answers count its calls."""

    name = "counting"
    identity: Mapping[str, str] = IDENTITY

    def __init__(self) -> None:
        self.calls = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exit: object) -> None:
        return None

    async def chat(self, request: ChatRequest, *, repeat: int = 0) -> ChatResponse:  # noqa: ARG002 - the protocol's
        self.calls += 1
        return ChatResponse(f"answer {self.calls} – “quoted”", ({"id": "t"},), request.model, 3, 4, 0.25)


def ask(provider: Provider, *requests: ChatRequest, repeat: int = 0) -> list[ChatResponse]:
    async def run() -> list[ChatResponse]:
        async with provider:
            return [await provider.chat(each, repeat=repeat) for each in requests]

    return asyncio.run(run())


def test_the_key_is_frozen() -> None:
    # Recorded responses and everybody's cache are found by it.
    assert (
        cache_key(REQUEST, IDENTITY, 0) == "fdee6d0bd437a990a5ed1f3519b0d5ca09348cb4965044470bbbd4cdef0321a7"
    )


@pytest.mark.parametrize(
    "other",
    [
        {"model": "large"},
        {"messages": ({"role": "system", "content": "Grüße"},)},
        {"options": {"temperature": 0, "seed": 1}},
        {"tools": ({"type": "function", "function": {"name": "f"}},)},
        {"response_format": {"type": "json_object"}},
    ],
    ids=lambda each: next(iter(each)),
)
def test_everything_that_decides_an_answer_changes_the_key(other: dict[str, Any]) -> None:
    assert cache_key(replace(REQUEST, **other), IDENTITY, 0) != cache_key(REQUEST, IDENTITY, 0)


def test_the_provider_and_the_repeat_change_the_key() -> None:
    keys = {cache_key(REQUEST, IDENTITY, 0), cache_key(REQUEST, IDENTITY, 1), cache_key(REQUEST, {}, 0)}
    assert len(keys) == 3


def test_the_order_of_options_does_not_change_the_key() -> None:
    one, other = (replace(REQUEST, options=each) for each in ({"a": 1, "b": 2.0}, {"b": 2, "a": 1}))
    assert cache_key(one, IDENTITY, 0) == cache_key(other, IDENTITY, 0)


def test_what_was_answered_once_is_not_asked_again_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "responses.jsonl"
    provider = Counting()
    (live,) = ask(Cached(provider, ResponseFile(path)), REQUEST)
    (cached,) = ask(Cached(provider, ResponseFile(path)), REQUEST)
    assert provider.calls == 1
    assert (live.source, cached.source) == ("live", "cached")
    assert replace(cached, source="live") == live


def test_repeats_are_asked_each(tmp_path: Path) -> None:
    provider = Counting()
    cached = Cached(provider, ResponseFile(tmp_path / "responses.jsonl"))
    texts = {ask(cached, REQUEST, repeat=each)[0].text for each in (0, 1, 2, 1)}
    assert (len(texts), provider.calls) == (3, 3)


@pytest.mark.parametrize("cut", [2, 20, 60])
def test_a_line_cut_short_by_a_crash_costs_that_one_answer(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "responses.jsonl"
    other = replace(REQUEST, model="other")
    ask(Cached(Counting(), ResponseFile(path)), REQUEST, other)
    path.write_bytes(path.read_bytes()[:-cut])
    again = Counting()
    ask(Cached(again, ResponseFile(path)), REQUEST, other)
    assert again.calls == 1
    assert len(ResponseFile(path)) == 2


@pytest.mark.parametrize(
    "line", ["{}", "[]", "7", "nonsense", '{"key": "k", "response": {"text": "x"}}', "\x00"]
)
def test_a_spoilt_line_counts_as_not_there(tmp_path: Path, line: str) -> None:
    path = tmp_path / "responses.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    assert len(ResponseFile(path)) == 0


WRITER = """
import sys
from pathlib import Path
from promptctl.providers.chat import ChatResponse
from promptctl.providers.responses import ResponseFile
file = ResponseFile(Path(sys.argv[1]))
for number in range(100):
    file.append(f"{sys.argv[2]}-{number}", ChatResponse("x" * 3000, (), "m", 1, 1, 0.1))
"""


def test_processes_may_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "responses.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, each]) for each in "abc"]
    assert [each.wait(60) for each in writers] == [0, 0, 0]
    assert len(ResponseFile(path)) == 300


def test_what_was_recorded_is_replayed_without_asking(tmp_path: Path) -> None:
    path = tmp_path / "cassette.jsonl"
    (live,) = ask(Recording(Counting(), ResponseFile(path)), REQUEST)
    (replayed,) = ask(Replay(ResponseFile(path)), REQUEST)
    assert replayed.source == "replayed"
    assert replace(replayed, source="live") == live


def test_a_cassette_holds_cached_answers_too_and_each_once(tmp_path: Path) -> None:
    cache, path = tmp_path / "responses.jsonl", tmp_path / "cassette.jsonl"
    ask(Cached(Counting(), ResponseFile(cache)), REQUEST)
    recording = Recording(Cached(Counting(), ResponseFile(cache)), ResponseFile(path))
    assert [each.source for each in ask(recording, REQUEST, REQUEST)] == ["cached", "cached"]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert ask(Replay(ResponseFile(path)), REQUEST)[0].source == "replayed"


def test_a_request_that_was_not_recorded_is_refused_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "cassette.jsonl"
    ask(Recording(Counting(), ResponseFile(path)), REQUEST)
    with pytest.raises(ProviderError, match="holds no answer to this request to other") as caught:
        ask(Replay(ResponseFile(path)), replace(REQUEST, model="other"))
    assert not caught.value.retryable
    assert caught.value.hint


def test_a_file_that_is_no_cassette_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is not a cassette"):
        Replay(ResponseFile(tmp_path / "missing.jsonl"))
