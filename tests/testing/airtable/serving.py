"""A real uvicorn in a thread, with a small app behind the local Airtable's middlewares."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from pytest_syncguard.testing.airtable.bounds import HttpProtocol


class Echo:
    """Answers ``{"got": length of the body}``; its effects are the bodies that it has got, by path."""

    def __init__(self) -> None:
        self.effects: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        self.effects.append((scope["path"], body))
        said = json.dumps({"got": len(body)}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})


@contextmanager
def serving(app: ASGIApp, protocol: type[HttpProtocol] = HttpProtocol) -> Iterator[str]:
    """The address of the app, on a free port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(app, http=protocol, lifespan="off", log_config=None, loop="asyncio", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join()
