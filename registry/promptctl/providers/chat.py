"""What is asked of a model, what it answered, and the key under which an answer may be kept.

Requests and responses use the words of the OpenAI chat-completions API, the one format every provider of
promptctl speaks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import rfc8785

from promptctl.errors import Unavailable

Source = Literal["live", "cached", "replayed"]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One call: rendered messages in order, options under their OpenAI names (`max_tokens`, `seed`, …)."""

    model: str
    messages: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Mapping[str, Any], ...] = ()
    response_format: Mapping[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """Return the JSON body of a chat-completions call; empty tools and format are left out."""
        body: dict[str, Any] = {**self.options, "model": self.model, "messages": list(self.messages)}
        if self.tools:
            body["tools"] = list(self.tools)
        if self.response_format is not None:
            body["response_format"] = self.response_format
        return body


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """One answer. `text` is empty where the model only called tools; tokens are 0 where none were reported.

    `latency_s` is that of the live call, also in a cached or replayed answer.
    """

    text: str
    tool_calls: tuple[Mapping[str, Any], ...]
    model_answered: str
    input_tokens: int
    output_tokens: int
    latency_s: float
    source: Source = "live"


class ProviderError(Unavailable):
    """A model gave no usable answer. `retryable` says whether the same call may succeed later.

    `status` is the HTTP status of the last answer, 0 where there was none.
    """

    code = "provider"

    def __init__(self, message: str, *, retryable: bool, status: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.status = status


class Provider(Protocol):
    """A way to reach a model. Used inside `async with`; safe for many calls at once in one event loop."""

    @property
    def name(self) -> str:
        """The name under which prompts ask for it."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What, besides the request, decides the answer: part of the cache's key."""

    @property
    def is_deterministic(self) -> bool:
        """Whether it answers the same call in one way as long as nobody gives a temperature."""

    def stand_in(self, model: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a prompt's `model` as it is asked for here in place of the provider that it names."""

    async def chat(self, request: ChatRequest, *, repeat: int = 0) -> ChatResponse:
        """Answer, or raise `ProviderError`. Two calls that differ in `repeat` alone are asked separately."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


def cache_key(request: ChatRequest, identity: Mapping[str, str], repeat: int) -> str:
    """Return the SHA-256, in hex, of everything that decides an answer, as RFC 8785 bytes."""
    asked: Any = {"identity": dict(identity), "request": request.body(), "repeat": repeat}
    return hashlib.sha256(rfc8785.dumps(asked)).hexdigest()
