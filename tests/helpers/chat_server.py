"""A small chat-completions server on loopback, in a thread of its own: a real provider for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Respond = Callable[[Mapping[str, Any]], "str | int"]
"""From the body of a request to the text of the answer, or to a status that is no success."""


@dataclass
class ChatServer:
    """`requests` has the body of every call in order; `respond` may be replaced at any time."""

    respond: Respond
    model: str = "m-1"
    requests: list[Mapping[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        answer = self.respond(body)
        if isinstance(answer, int):
            return web.json_response({"error": {"message": "no"}}, status=answer)
        message = {"role": "assistant", "content": answer}
        usage = {"prompt_tokens": 7, "completion_tokens": 3}
        return web.json_response({"model": self.model, "choices": [{"message": message}], "usage": usage})


@contextmanager
def chat_server(respond: Respond) -> Iterator[ChatServer]:
    """Serve until the block ends."""
    server = ChatServer(respond)
    started = threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> web.AppRunner:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", server.handle)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        return runner

    def run() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(serve())
        started.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(timeout=20)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=20)
