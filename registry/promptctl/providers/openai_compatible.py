"""The one adapter that speaks to a network: any OpenAI-compatible chat-completions API, over aiohttp.

It gives an answer or a `ProviderError` in bounded time: attempts, waits, sizes and calls in flight all have a
limit, and a server that fails call after call is given up on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp

from promptctl.errors import Unavailable, UsageError
from promptctl.providers.chat import ChatRequest, ChatResponse, ProviderError

_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how hard the adapter tries."""

    concurrency: int = 8
    attempts: int = 4
    timeout_s: float = 120.0
    """Of one attempt, from connecting to the last byte."""
    backoff_s: float = 0.5
    """The longest wait before the second attempt; it doubles with each further one."""
    retry_after_max_s: float = 60.0
    """A server that asks to wait longer is reported instead."""
    response_size_bytes: int = 4 * 1024 * 1024
    failed_calls: int = 3
    """So many calls failed after all their attempts, one after another, and no further call is made."""
    requests_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """One attempt failed and another follows, `wait_s` seconds later."""

    attempt: int
    wait_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an API is and what is sent with every call. The key never shows in a repr or a message."""

    name: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the body for this server alone; they shape no answer, so they are not in the cache's key."""

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise UsageError(
                f"provider {self.name}: {self.base_url!r} is not an http or https address",
                hint=f"set providers.{self.name}.base_url in promptctl.yaml",
            )
        if self.api_key and url.scheme == "http" and url.hostname not in _LOOPBACK:
            raise UsageError(
                f"provider {self.name}: a key is never sent over plain http to {url.hostname}",
                hint="use an https address",
            )


def api_key(provider: str, variable: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the key that the configured variable holds, None where none is configured.

    Raise `Unavailable` where one is configured and not set.
    """
    if variable is None:
        return None
    key = environ.get(variable, "").strip()
    if not key:
        raise Unavailable(
            f"provider {provider} needs a key in the environment variable {variable}, which is not set",
            hint=f"export {variable}=…",
        )
    return key


class OpenAICompatible:
    """A provider behind an OpenAI-compatible `base_url`. `jitter` gives random numbers in [0, 1)."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        jitter: Callable[[], float],
        bounds: Bounds | None = None,
        on_retry: Callable[[Retry], None] = lambda _: None,
    ) -> None:
        self.name: str = endpoint.name
        self.identity: Mapping[str, str] = {"base_url": endpoint.base_url.rstrip("/")}
        self._endpoint = endpoint
        self._bounds = bounds or Bounds()
        self._jitter = jitter
        self._on_retry = on_retry
        self._places = asyncio.Semaphore(self._bounds.concurrency)
        self._session: aiohttp.ClientSession | None = None
        self._next_start = 0.0
        self._failed_calls = 0

    is_deterministic = False

    def stand_in(self, model: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask for the model of that name."""
        return {**model, "provider": self.name}

    async def __aenter__(self) -> Self:
        key = self._endpoint.api_key
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._bounds.timeout_s),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def chat(self, request: ChatRequest, *, repeat: int = 0) -> ChatResponse:  # noqa: ARG002 - the protocol's; only caches tell repeats apart
        """Answer, or raise `ProviderError` after at most `attempts` tries."""
        async with self._places:
            if self._failed_calls >= self._bounds.failed_calls:
                raise ProviderError(
                    f"{self._where()} failed {self._failed_calls} calls one after another; no more are made",
                    retryable=False,
                    hint="try again when it is well: what was answered is kept",
                )
            try:
                response = await self._persist(request)
            except ProviderError as error:
                self._failed_calls += error.retryable
                raise
            self._failed_calls = 0
            return response

    async def _persist(self, request: ChatRequest) -> ChatResponse:
        attempt = 1
        while True:
            await self._pace()
            try:
                return await self._attempt(request)
            except _AttemptError as failure:
                wait_s = self._wait_s(failure, attempt)
                if wait_s is None:
                    raise self._refusal(failure, attempt) from failure
                self._on_retry(Retry(attempt, wait_s, failure.reason))
                await asyncio.sleep(wait_s)
                attempt += 1

    async def _attempt(self, request: ChatRequest) -> ChatResponse:
        assert self._session is not None, "use the provider inside `async with`"  # noqa: S101 - a programming error
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with self._session.post(
                self.identity["base_url"] + "/chat/completions",
                json={**request.body(), **self._endpoint.extra},
                allow_redirects=False,  # a redirect would carry the key to a host nobody named
            ) as answer:
                content = await self._read(answer)
                if answer.status != 200:
                    raise _AttemptError(
                        f"answered {answer.status}{_quoted(content, self._endpoint.api_key)}",
                        retryable=answer.status in _RETRYABLE,
                        status=answer.status,
                        retry_after_s=_seconds(answer.headers.get("Retry-After")),
                    )
        except TimeoutError as error:
            raise _AttemptError(f"gave no answer within {self._bounds.timeout_s:g} s") from error
        except aiohttp.ClientError as error:
            raise _AttemptError(f"broke the connection ({type(error).__name__})") from error
        return _parsed(content, request.model, loop.time() - started)

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for chunk in answer.content.iter_chunked(65536):
            content += chunk
            if len(content) > self._bounds.response_size_bytes:
                raise _AttemptError(
                    f"answered more than {self._bounds.response_size_bytes} bytes", retryable=False
                )
        return bytes(content)

    async def _pace(self) -> None:
        if not self._bounds.requests_per_minute:
            return
        now = asyncio.get_running_loop().time()
        start = max(now, self._next_start)
        self._next_start = start + 60.0 / self._bounds.requests_per_minute
        await asyncio.sleep(start - now)

    def _wait_s(self, failure: _AttemptError, attempt: int) -> float | None:
        """Return how long to wait before the next attempt, None where there is to be none."""
        if not failure.retryable or attempt >= self._bounds.attempts:
            return None
        backoff_s: float = self._bounds.backoff_s * 2 ** (attempt - 1) * self._jitter()
        if failure.retry_after_s is None:
            return backoff_s
        if failure.retry_after_s > self._bounds.retry_after_max_s:
            return None
        return failure.retry_after_s + backoff_s

    def _refusal(self, failure: _AttemptError, attempts: int) -> ProviderError:
        times = f", {attempts} times tried" if attempts > 1 else ""
        wait = f", and asks to wait {failure.retry_after_s:g} s" if failure.retry_after_s else ""
        return ProviderError(
            f"{self._where()} {failure.reason}{wait}{times}",
            retryable=failure.retryable,
            status=failure.status,
            hint=_hint(failure.status, self.name),
        )

    def _where(self) -> str:
        return f"provider {self.name} at {urlsplit(self._endpoint.base_url).netloc.rpartition('@')[2]}"


class _AttemptError(Exception):
    """One attempt failed."""

    def __init__(
        self, reason: str, *, retryable: bool = True, status: int = 0, retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable
        self.status = status
        self.retry_after_s = retry_after_s


def _parsed(content: bytes, model: str, latency_s: float) -> ChatResponse:
    try:
        body = json.loads(content)
        message = body["choices"][0]["message"]
        usage = body.get("usage") or {}
        return ChatResponse(
            text=_text(message.get("content") or ""),
            tool_calls=tuple(message.get("tool_calls") or ()),
            model_answered=_text(body.get("model") or model),
            input_tokens=int(usage.get("prompt_tokens", 0)),
            output_tokens=int(usage.get("completion_tokens", 0)),
            latency_s=latency_s,
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise _AttemptError(
            f"answered something that is no chat completion{_quoted(content, None)}"
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no text")
    return value


def _quoted(content: bytes, key: str | None) -> str:
    """Quote the beginning of an answer on one line, without control characters and without the key."""
    text = " ".join(content[: 8 * _SHOWN_CHARACTERS].decode("utf-8", "replace").split())
    if key:
        text = text.replace(key, "…")
    shown = "".join(character for character in text if character.isprintable())[:_SHOWN_CHARACTERS]
    return f": {shown}" if shown else ""


def _seconds(retry_after: str | None) -> float | None:
    """Read `Retry-After` in seconds; its other form, a date, is left to the backoff."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    return float(retry_after)


def _hint(status: int, name: str) -> str:
    if status in {401, 403}:
        return f"check the key in the variable that providers.{name}.api_key_env names"
    if status == 404:
        return f"check providers.{name}.base_url in promptctl.yaml and the model's id in the prompt"
    return ""
