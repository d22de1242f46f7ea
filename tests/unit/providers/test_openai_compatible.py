"""The adapter, against a real server on loopback that misbehaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from promptctl.errors import Unavailable, UsageError
from promptctl.providers.chat import ChatRequest, ProviderError
from promptctl.providers.openai_compatible import Bounds, Endpoint, OpenAICompatible, Retry, api_key

KEY = "sk-never-shown"
REQUEST = ChatRequest("small", ({"role": "user", "content": "Hi"},), {"temperature": 0, "max_tokens": 8})
QUICK = Bounds(backoff_s=0.01, timeout_s=5, concurrency=4)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def completion(text: str = "Hello.", **more: Any) -> dict[str, Any]:
    return {
        "model": "small-2026",
        "choices": [{"message": {"role": "assistant", "content": text, **more}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }


@asynccontextmanager
async def served(handler: Handler, **settings: Any) -> AsyncIterator[OpenAICompatible]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        endpoint = Endpoint("shop", f"http://127.0.0.1:{runner.addresses[0][1]}/v1/", api_key=KEY)
        adapter = OpenAICompatible(endpoint, **{"jitter": lambda: 0.5, "bounds": QUICK, **settings})
        async with adapter:
            yield adapter
    finally:
        await runner.cleanup()


def answers(*replies: web.Response | dict[str, Any]) -> tuple[Handler, list[web.Request]]:
    """One reply after another, the last one for ever; and the requests that came."""
    asked: list[web.Request] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        reply = replies[min(len(asked), len(replies) - 1)]
        asked.append(request)
        if isinstance(reply, dict):
            return web.json_response(reply)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    return handler, asked


def failure(handler: Handler, **settings: Any) -> ProviderError:
    async def run() -> None:
        async with served(handler, **settings) as provider:
            await provider.chat(REQUEST)

    with pytest.raises(ProviderError) as caught:
        asyncio.run(run())
    assert KEY not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__!r}"
    return caught.value


def test_an_answer_carries_text_model_and_tokens() -> None:
    sent: list[Any] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        sent.append((await request.json(), request.headers["Authorization"]))
        return web.json_response(completion())

    async def run() -> Any:
        async with served(handler) as provider:
            return await provider.chat(REQUEST)

    response = asyncio.run(run())
    assert (response.text, response.model_answered, response.source) == ("Hello.", "small-2026", "live")
    assert (response.input_tokens, response.output_tokens) == (7, 2)
    assert response.latency_s > 0
    body = {
        "model": "small",
        "messages": [{"role": "user", "content": "Hi"}],
        "temperature": 0,
        "max_tokens": 8,
    }
    assert sent == [(body, f"Bearer {KEY}")]


def test_tool_calls_come_without_text() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "crm.read", "arguments": "{}"}}
    reply = completion(tool_calls=[call])
    reply["choices"][0]["message"]["content"] = None
    handler, _ = answers(reply)

    async def run() -> Any:
        async with served(handler) as provider:
            return await provider.chat(REQUEST)

    response = asyncio.run(run())
    assert (response.text, response.tool_calls) == ("", (call,))


def test_a_server_that_asks_to_wait_is_asked_again_after_that_time() -> None:
    handler, asked = answers(web.Response(status=429, headers={"Retry-After": "1"}), completion())
    seen: list[Retry] = []

    async def run() -> Any:
        async with served(handler, on_retry=seen.append) as provider:
            return await provider.chat(REQUEST)

    assert asyncio.run(run()).text == "Hello."
    assert len(asked) == 2
    assert [(each.attempt, each.wait_s) for each in seen] == [(1, pytest.approx(1.005))]
    assert "429" in seen[0].reason


def test_a_server_that_asks_to_wait_too_long_is_reported_at_once() -> None:
    handler, asked = answers(web.Response(status=429, headers={"Retry-After": "3600"}))
    error = failure(handler)
    assert len(asked) == 1
    assert "asks to wait 3600 s" in error.message
    assert error.retryable


def test_a_date_in_retry_after_leaves_the_wait_to_the_backoff() -> None:
    handler, asked = answers(
        web.Response(status=503, headers={"Retry-After": "Sun, 22 Nov 2026 12:00:00 GMT"}), completion()
    )

    async def run() -> Any:
        async with served(handler) as provider:
            return await provider.chat(REQUEST)

    assert asyncio.run(run()).text == "Hello."
    assert len(asked) == 2


def test_the_same_500_for_ever_is_an_error_after_the_last_attempt() -> None:
    handler, asked = answers(web.Response(status=500, text="out of\x1b[31m memory\n"))
    error = failure(handler)
    assert len(asked) == QUICK.attempts
    assert error.status == 500
    assert "answered 500: out of[31m memory, 4 times tried" in error.message


def test_waits_double_and_are_scaled_by_the_jitter() -> None:
    handler, _ = answers(web.Response(status=502))
    seen: list[Retry] = []
    failure(handler, on_retry=seen.append, jitter=lambda: 0.25)
    assert [each.wait_s for each in seen] == pytest.approx([0.0025, 0.005, 0.01])


def test_after_three_failed_calls_no_more_are_made() -> None:
    handler, asked = answers(web.Response(status=500))

    async def run() -> list[BaseException | Any]:
        async with served(handler, bounds=Bounds(backoff_s=0.001, attempts=2, concurrency=1)) as provider:
            return await asyncio.gather(*(provider.chat(REQUEST) for _ in range(6)), return_exceptions=True)

    errors = asyncio.run(run())
    assert len(asked) == 3 * 2
    assert all(isinstance(each, ProviderError) for each in errors)
    assert "no more are made" in str(errors[-1])


def test_one_good_answer_makes_earlier_failures_forgotten() -> None:
    bad = web.Response(status=500)
    handler, asked = answers(bad, bad, completion(), bad, bad, completion())

    async def run() -> list[BaseException | Any]:
        async with served(handler, bounds=Bounds(attempts=1, concurrency=1)) as provider:
            return await asyncio.gather(*(provider.chat(REQUEST) for _ in range(6)), return_exceptions=True)

    assert [isinstance(each, ProviderError) for each in asyncio.run(run())] == [True, True, False] * 2
    assert len(asked) == 6


@pytest.mark.parametrize(("status", "hint"), [(401, "api_key_env"), (404, "base_url"), (400, "")])
def test_a_request_that_is_wrong_is_not_sent_again(status: int, hint: str) -> None:
    handler, asked = answers(web.Response(status=status, text=f"no good: {KEY}"))
    error = failure(handler)
    assert len(asked) == 1
    assert not error.retryable
    assert hint in error.hint
    assert "no good: …" in error.message


def test_a_server_that_says_nothing_is_given_up_on_in_time() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    error = failure(handler, bounds=Bounds(timeout_s=0.1, attempts=2, backoff_s=0.01))
    assert "gave no answer within 0.1 s, 2 times tried" in error.message


def test_an_answer_that_trickles_is_given_up_on_in_time() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(600):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    error = failure(handler, bounds=Bounds(timeout_s=0.2, attempts=1))
    assert "gave no answer within 0.2 s" in error.message


def test_a_cut_connection_is_tried_again() -> None:
    asked = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        if asked > 1:
            return web.json_response(completion())
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"choices"')
        assert request.transport is not None
        request.transport.abort()
        return response

    async def run() -> Any:
        async with served(handler) as provider:
            return await provider.chat(REQUEST)

    assert asyncio.run(run()).text == "Hello."
    assert asked == 2


@pytest.mark.parametrize(
    "body",
    [
        "<html>Bad gateway</html>",
        "[]",
        "null",
        '{"choices": []}',
        '{"choices": [{"message": null}]}',
        '{"choices": [{"message": {"content": 7}}]}',
        '{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": "many"}}',
        "[" * 100_000,
    ],
)
def test_garbage_is_an_error_with_a_place(body: str) -> None:
    handler, asked = answers(web.Response(text=body))
    error = failure(handler)
    assert len(asked) == QUICK.attempts
    assert "provider shop at 127.0.0.1" in error.message
    assert "no chat completion" in error.message
    assert len(error.message) < 400


def test_an_endless_answer_is_cut_off() -> None:
    sent_bytes = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent_bytes
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 65536)
            sent_bytes += 65536
        return response

    error = failure(handler, bounds=Bounds(response_size_bytes=200_000, timeout_s=5))
    assert "more than 200000 bytes" in error.message
    assert not error.retryable
    assert sent_bytes < 60_000_000


def test_a_redirect_is_not_followed_so_the_key_stays() -> None:
    handler, asked = answers(web.Response(status=307, headers={"Location": "/v1/chat/completions"}))
    assert "answered 307" in failure(handler).message
    assert len(asked) == 1


def test_a_server_that_is_not_there_is_an_error() -> None:
    async def run() -> None:
        endpoint = Endpoint("shop", "http://127.0.0.1:9/v1")
        async with OpenAICompatible(endpoint, jitter=lambda: 0.0, bounds=QUICK) as provider:
            await provider.chat(REQUEST)

    with pytest.raises(ProviderError, match=r"provider shop at 127\.0\.0\.1:9 broke the connection"):
        asyncio.run(run())


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    now = most = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return web.json_response(completion())

    async def run() -> None:
        async with served(handler, bounds=Bounds(concurrency=3)) as provider:
            await asyncio.gather(*(provider.chat(REQUEST) for _ in range(20)))

    asyncio.run(run())
    assert most == 3


def test_calls_start_no_faster_than_the_rate_allows() -> None:
    started: list[float] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        started.append(asyncio.get_running_loop().time())
        return web.json_response(completion())

    async def run() -> None:
        async with served(handler, bounds=Bounds(requests_per_minute=1200)) as provider:
            await asyncio.gather(*(provider.chat(REQUEST) for _ in range(5)))

    asyncio.run(run())
    assert max(started) - min(started) >= 4 * 0.05 - 0.03


def test_the_key_shows_in_no_repr() -> None:
    assert KEY not in repr(Endpoint("shop", "https://models.example/v1", api_key=KEY))


def test_the_key_comes_from_the_configured_variable_alone() -> None:
    assert api_key("shop", "SHOP_KEY", {"SHOP_KEY": KEY, "OPENAI_API_KEY": "other"}) == KEY
    assert api_key("shop", None, {"OPENAI_API_KEY": "other"}) is None


def test_a_missing_key_is_refused_with_the_variable_to_set() -> None:
    with pytest.raises(Unavailable) as caught:
        api_key("shop", "SHOP_KEY", {"SHOP_KEY": " "})
    assert caught.value.hint == "export SHOP_KEY=…"


def test_a_key_is_never_sent_in_the_clear() -> None:
    with pytest.raises(UsageError, match="plain http"):
        Endpoint("shop", "http://models.example/v1", api_key=KEY)


@pytest.mark.parametrize("base_url", ["models.example/v1", "file:///etc/passwd", "http://", ""])
def test_an_address_that_is_none_is_refused(base_url: str) -> None:
    with pytest.raises(UsageError, match="is not an http or https address"):
        Endpoint("shop", base_url)


def test_the_identity_is_the_address_however_it_ends() -> None:
    plain, slash = (
        OpenAICompatible(Endpoint("shop", f"https://models.example/v1{end}"), jitter=lambda: 0.0)
        for end in ("", "/")
    )
    assert json.dumps(plain.identity) == json.dumps(slash.identity)
