"""Providers by name: the built-in ones and the pipeline's, with the cache and recordings round them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import rfc8785

from promptctl.errors import UsageError
from promptctl.model.pipeline import Pipeline
from promptctl.providers.chat import Provider
from promptctl.providers.openai_compatible import Bounds, Endpoint, OpenAICompatible, Retry, api_key
from promptctl.providers.responses import Cached, Recording, Replay, ResponseFile

LOCAL, REPLAY = "local", "replay"
LOCAL_SERVERS = 2
"""Processes of the local model, each of one thread. More do not help on the machines people work at."""


@dataclass(frozen=True, slots=True)
class Connections:
    """How providers are reached.

    `pipeline` gives the default branch's: a key goes only to a host that it names. `cassette` is the file
    that `replay` answers from, `recording` the one to which every answer is written, if any.
    """

    pipeline: Callable[[], Pipeline]
    environ: Mapping[str, str]
    cache_dir: Path
    jitter: Callable[[], float]
    on_retry: Callable[[Retry], None] = lambda _: None
    cassette: Path | None = None
    recording: Path | None = None

    def connect(self, name: str) -> Provider:
        """Return the provider of a name.

        Raise `UsageError` for an unknown one, `Unavailable` where its key or the local model is missing.
        """
        if name == REPLAY:
            return self._replay()
        provider: Provider = self._live(name)
        provider = Cached(provider, ResponseFile(self._cache_of(provider)))
        return provider if self.recording is None else Recording(provider, ResponseFile(self.recording))

    def _live(self, name: str) -> Provider:
        if name == LOCAL:
            from promptctl.providers.local import Local

            return Local(jitter=self.jitter, servers=LOCAL_SERVERS)
        settings = self.pipeline().providers.get(name)
        if settings is None:
            known = ", ".join((LOCAL, REPLAY, *sorted(self.pipeline().providers)))
            raise UsageError(
                f"there is no provider {name!r} in promptctl.yaml of the default branch",
                hint=f"known: {known}; others are added under `providers:`, and merged",
            )
        key = api_key(name, settings.api_key_env, self.environ)
        return OpenAICompatible(
            Endpoint(name, settings.base_url, key),
            jitter=self.jitter,
            bounds=Bounds(requests_per_minute=settings.rate.requests_per_minute),
            on_retry=self.on_retry,
        )

    def _replay(self) -> Provider:
        if self.cassette is None:
            raise UsageError("nothing is recorded to replay from", hint="name the file with --replay FILE")
        if not self.cassette.is_file():
            raise UsageError(
                f"there is no file {self.cassette}", hint="record one with --record-responses FILE"
            )
        return Replay(ResponseFile(self.cassette))

    def _cache_of(self, provider: Provider) -> Path:
        key = hashlib.sha256(rfc8785.dumps(dict(provider.identity))).hexdigest()[:32]
        return self.cache_dir / "responses" / f"{key}.jsonl"
