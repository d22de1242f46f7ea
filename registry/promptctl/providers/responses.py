"""Responses kept in a file, and the providers that read and write it: cache, recording and replay.

The file is JSON Lines: `{"key": …, "response": {…}}`, one line per answer, only ever appended to. The cache
and a cassette have the same form; a cassette's first line, `{"cassette": NAME, "identity": {…}}`, also says
whose answers they are, so that they can be replayed where that provider cannot be had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from promptctl.errors import Unavailable
from promptctl.providers.chat import ChatRequest, ChatResponse, Provider, ProviderError, cache_key
from promptctl.store.writing import refusing


class ResponseFile:
    """Answers by key. A line cut short by a crash, or spoilt otherwise, counts as not there.

    Each answer is one `write` in append mode, so processes may share the file. Raises `RefusedError`
    where the system does not let it be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Mapping[str, Any] = {}
        self._responses: dict[str, ChatResponse] = {}
        self._torn = False
        with refusing(path):
            content = path.read_bytes() if path.exists() else b""
        self._load(content)

    def __len__(self) -> int:
        return len(self._responses)

    def get(self, key: str) -> ChatResponse | None:
        """Return the answer last kept under this key, as it was kept."""
        return self._responses.get(key)

    def append(self, key: str, response: ChatResponse) -> None:
        """Keep an answer; it is on its way to disk when this returns."""
        self._write({"key": key, "response": asdict(response)})
        self._responses[key] = response

    def begin(self, name: str, identity: Mapping[str, str]) -> None:
        """Write the first line of a cassette, unless the file has one."""
        if not self.header:
            self._write({"cassette": name, "identity": dict(identity)})
            self.header = {"cassette": name, "identity": dict(identity)}

    def _load(self, content: bytes) -> None:
        self._torn = bool(content) and not content.endswith(b"\n")
        for line in content.splitlines():
            try:
                entry = json.loads(line)
                if "cassette" in entry:
                    self.header = entry
                else:
                    self._responses[entry["key"]] = _response(entry["response"])
            except (ValueError, KeyError, TypeError):
                continue

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        with refusing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab", buffering=0) as file:
                file.write(b"\n" + line if self._torn else line)
        self._torn = False


class _Wrapped:
    """Passes on the name, identity and life of the provider within."""

    def __init__(self, provider: Provider, responses: ResponseFile) -> None:
        self._provider = provider
        self._responses = responses

    @property
    def name(self) -> str:
        return self._provider.name

    @property
    def identity(self) -> Mapping[str, str]:
        return self._provider.identity

    @property
    def is_deterministic(self) -> bool:
        return self._provider.is_deterministic

    def stand_in(self, model: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._provider.stand_in(model)

    async def __aenter__(self) -> Self:
        await self._provider.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._provider.__aexit__(kind, error, traceback)


class Cached(_Wrapped):
    """Asks the provider within only for what the file does not hold, and keeps every answer at once."""

    async def chat(self, request: ChatRequest, *, repeat: int = 0) -> ChatResponse:
        """Answer from the file (`source` is then "cached"), else from the provider within."""
        key = cache_key(request, self.identity, repeat)
        known = self._responses.get(key)
        if known is not None:
            return replace(known, source="cached")
        response = await self._provider.chat(request, repeat=repeat)
        self._responses.append(key, response)
        return response


class Recording(_Wrapped):
    """Writes every answer of the provider within, cached ones too, to a cassette."""

    async def __aenter__(self) -> Self:
        self._responses.begin(self.name, self.identity)
        return await super().__aenter__()

    async def chat(self, request: ChatRequest, *, repeat: int = 0) -> ChatResponse:
        """Answer as the provider within does."""
        response = await self._provider.chat(request, repeat=repeat)
        key = cache_key(request, self.identity, repeat)
        if self._responses.get(key) is None:
            self._responses.append(key, response)
        return response


class Replay:
    """Answers from a cassette alone; never asks anybody. Every answer says "replayed"."""

    name = "replay"
    is_deterministic = False

    def __init__(self, cassette: ResponseFile) -> None:
        if "identity" not in cassette.header:
            raise Unavailable(
                f"{cassette.path} is not a cassette: no line says whose answers it holds",
                hint="name a file of recorded responses",
            )
        self._cassette = cassette
        self.identity: Mapping[str, str] = cassette.header["identity"]

    def stand_in(self, model: Mapping[str, Any]) -> Mapping[str, Any]:
        """Recorded answers are those of the provider that the prompt names."""
        return model

    async def chat(self, request: ChatRequest, *, repeat: int = 0) -> ChatResponse:
        """Answer from the cassette; raise `ProviderError` where it holds no answer to exactly this."""
        known = self._cassette.get(cache_key(request, self.identity, repeat))
        if known is None:
            raise ProviderError(
                f"{self._cassette.path} holds no answer to this request to {request.model}: "
                "the prompt, its settings or the case changed since it was recorded",
                retryable=False,
                hint="record it again with the provider that the prompt names",
            )
        return replace(known, source="replayed")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exit: object) -> None:
        return None


def _response(body: Mapping[str, Any]) -> ChatResponse:
    return ChatResponse(**{**body, "tool_calls": tuple(body["tool_calls"])})
