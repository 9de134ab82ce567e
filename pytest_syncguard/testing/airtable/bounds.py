"""What a request may cost: bounded length of its address, size of its body and time to send it.

Also where errors become answers: whatever is raised further inside is answered as JSON.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from pytest_syncguard.testing.airtable.errors import AirtableError, too_large

MEBIBYTE = 1024 * 1024
HEAD_BYTES = 65_536  # of the request line and all headers: room for an address that is refused with words
_UPLOADS = re.compile("/uploadAttachment$")
_LINGER_BYTES, _LINGER_SECONDS = 16 * MEBIBYTE, 5.0
_log = logging.getLogger(__name__)


class HttpProtocol(H11Protocol):
    """uvicorn's own, for ``uvicorn.Config(http=HttpProtocol)``, with four things more.

    The transport stands in ``scope["state"]["transport"]``, so that faults can cut it; heads of requests may be long
    enough to be refused for their address; a head that does not come within ``head_seconds`` is not waited for; and a
    server that stops waits for nobody.
    """

    head_seconds = 30.0

    def __init__(self, config: Config, *others: Any, **named: Any) -> None:
        config.h11_max_incomplete_event_size = config.h11_max_incomplete_event_size or HEAD_BYTES
        super().__init__(config, *others, **named)
        self._head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as it is in uvicorn
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
        self._await_head(True)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_head(self._has_half_a_head())

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._await_head(self._has_half_a_head())

    def shutdown(self) -> None:
        """The server stops: what it has not answered is cut. From Python 3.12 on it would be waited for."""
        super().shutdown()
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._await_head(False)
        super().connection_lost(exc)

    def _has_half_a_head(self) -> bool:
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def _await_head(self, awaited: bool) -> None:
        if awaited and self._head is None:
            self._head = self.loop.call_later(self.head_seconds, self.transport.close)
        elif not awaited and self._head is not None:
            self._head.cancel()
            self._head = None


@dataclass
class Bounds:
    """``body``: bytes of a body; ``bodies``: the same for paths in which an expression is found, the first one counts:
    attachments of 5 MB come in base 64. ``url``: an address must be shorter, in characters, as Airtable documents it.
    ``seconds``: within which a body must have come. ``working``: seconds of computing that an answer may take.
    """

    body: int = 8 * MEBIBYTE  # ten records with a text of the greatest length each, escaped
    bodies: Mapping[re.Pattern[str], int] = field(default_factory=lambda: {_UPLOADS: 7 * MEBIBYTE})
    url: int = 16_000
    seconds: float = 30.0
    working: float = 10.0

    def body_of(self, path: str) -> int:
        """Bytes that a body for this path may have."""
        return next((most for pattern, most in self.bodies.items() if pattern.search(path)), self.body)


class BoundsMiddleware:
    """Reads the whole body before the app is called, which gets it in one piece.

    An `AirtableError` is answered with its status and body. Any other exception is answered as SERVER_ERROR (500);
    its traceback is on the server's log only.
    """

    def __init__(self, app: ASGIApp, bounds: Bounds | None = None) -> None:
        self._app, self._bounds = app, bounds or Bounds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._bounded(scope, receive, send)
        except asyncio.CancelledError:  # the server stops: the connection is cut, as if it had been killed
            transport_of(scope).abort()
            await gone(receive)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check_url(scope)
            body = await self._read(scope, receive)
        except AirtableError as error:
            await _refuse(error, receive, send)
            return
        if body is not None:
            await self._serve(scope, _again(body, receive), send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as fault:
            if started:  # the client has been told otherwise: the server cuts the connection
                raise
            if not isinstance(fault, AirtableError):
                _log.exception("%s %s failed", scope["method"], scope["path"])
                fault = AirtableError(500, "SERVER_ERROR", "The server encountered an unexpected condition")
            await answer(fault, send)

    def _check_url(self, scope: Scope) -> None:
        """Airtable answers 414 (seen with the real service) from before its API: not in the words of that."""
        host = _header(scope, b"host")
        path = scope.get("raw_path") or scope["path"].encode()
        length = len(scope["scheme"]) + len("://") + len(host) + len(path)
        length += len(scope["query_string"]) + 1 if scope["query_string"] else 0
        if length >= self._bounds.url:
            said = f"The URL must be shorter than {self._bounds.url} characters: use POST .../listRecords"
            raise AirtableError(414, "REQUEST_URI_TOO_LONG", said)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body; None when the client has gone."""
        most = self._bounds.body_of(scope["path"])
        if int(_header(scope, b"content-length") or 0) > most:
            raise too_large()
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._bounds.seconds):
                while (message := await receive())["type"] == "http.request":
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > most:
                        raise too_large()
                    if not message.get("more_body", False):
                        return b"".join(chunks)
        except TimeoutError:
            said = f"The request body did not come within {self._bounds.seconds:g} seconds"
            raise AirtableError(408, "REQUEST_TIMEOUT", said) from None
        return None


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for known, value in scope["headers"] if known == name), b"")


def _again(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, then what comes after it: that the client has gone."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def transport_of(scope: Scope) -> asyncio.Transport:
    """What `HttpProtocol` has put there, to cut the connection. Raises TypeError if another protocol is in use."""
    transport = scope.get("state", {}).get("transport")
    if not isinstance(transport, asyncio.Transport):
        raise TypeError("to cut a connection, uvicorn must run with http=HttpProtocol: no transport is in the scope")
    return transport


async def gone(receive: Receive) -> None:
    """Returns when the server knows that the connection has ended: it would say something on it otherwise."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(error: AirtableError, send: Send) -> None:
    """Answer with the error's status and body, and ``Retry-After`` if it has one."""
    start, body = _messages(error)
    await send(start)
    await send(body)


async def _refuse(error: AirtableError, receive: Receive, send: Send) -> None:
    """Answer and close, with the request not read to its end.

    What is still on its way is thrown away for a while: were the connection closed at once, it would be reset, and
    the client might never read the answer.
    """
    start, body = _messages(error)
    start["headers"].append((b"connection", b"close"))
    await send(start)
    await send({**body, "more_body": True})
    thrown = 0
    try:
        async with asyncio.timeout(0 if error.status == 408 else _LINGER_SECONDS):
            while (message := await receive()).get("more_body", False) and thrown < _LINGER_BYTES:
                thrown += len(message["body"])
    except TimeoutError:
        pass
    await send({"type": "http.response.body"})


def _messages(error: AirtableError) -> tuple[Message, Message]:
    body = json.dumps(error.body()).encode()
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers.append((b"retry-after", b"%d" % math.ceil(retry_after)))
    start = {"type": "http.response.start", "status": error.status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}
