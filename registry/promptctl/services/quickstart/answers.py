"""A model server for the story's runtime: a provider behind the chat-completions API, on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from aiohttp import web

from promptctl.errors import PromptctlError
from promptctl.providers.chat import ChatRequest, ChatResponse, Provider


@contextmanager
def serve(make_provider: Callable[[], Provider]) -> Iterator[str]:
    """Serve the provider from a thread of its own while the context lasts; gives `http://127.0.0.1:PORT`.

    What keeps the provider from starting is raised here, in the caller's thread.
    """
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    address: Future[str] = Future()

    async def run() -> None:
        try:
            async with make_provider() as provider:
                runner = web.AppRunner(_application(provider))
                await runner.setup()
                site = web.TCPSite(runner, "127.0.0.1", 0)
                await site.start()
                address.set_result(f"http://127.0.0.1:{runner.addresses[0][1]}")
                await stop.wait()
                await runner.cleanup()
        except Exception as error:
            if address.done():
                raise
            address.set_exception(error)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    try:
        yield address.result()
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
        loop.close()


def _application(provider: Provider) -> web.Application:
    async def complete(http: web.Request) -> web.Response:
        body = await http.json()
        request = ChatRequest(model=body.pop("model"), messages=tuple(body.pop("messages")), options=body)
        try:
            return web.json_response(_plain(await provider.chat(request)))
        except PromptctlError as error:
            return web.json_response({"error": {"message": error.message}}, status=502)

    application = web.Application()
    application.router.add_post("/v1/chat/completions", complete)
    return application


def _plain(response: ChatResponse) -> dict[str, object]:
    message = {"role": "assistant", "content": response.text}
    return {
        "object": "chat.completion",
        "model": response.model_answered,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
