"""What came in: the newest requests and how they were answered, for tests to assert on."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SHOWN = 20  # requests in a repr


@dataclass(eq=False)
class Request:
    """One request. No header is kept, so that no token can be told.

    ``at``: when it came, in seconds since the epoch. ``status``: None as long as it is not answered, and for good if
    the connection was cut before. ``seconds``: how long the answer took; None as long as it is not complete.
    """

    method: str
    path: str
    raw_query: bytes = field(default=b"", repr=False)
    at: float = field(default=0.0, repr=False)
    status: int | None = None
    seconds: float | None = None
    raw_body: bytes = field(default=b"", repr=False)
    kept: bool = field(default=True, repr=False)

    @property
    def query(self) -> dict[str, list[str]]:
        """The values of each parameter, in their order."""
        return parse_qs(self.raw_query.decode("latin-1"), keep_blank_values=True)

    @property
    def body(self) -> Any:
        """The body as JSON; None if there was none, or none that is JSON, or one that the server did not read."""
        try:
            return json.loads(self.raw_body)
        except (ValueError, RecursionError):
            return None

    def __str__(self) -> str:
        query = f"?{self.raw_query.decode('latin-1')}" if self.raw_query else ""
        took = "" if self.seconds is None else f" ({self.seconds * 1000:.0f} ms)"
        return f"{self.method} {self.path}{query} -> {self.status or 'no answer'}{took}"


class Traffic:
    """The requests in the order in which they came, from the time their heads have come on.

    Only the newest are kept: ``most`` of them, with bodies of ``most_bytes`` all together. Any thread may look while
    the server runs; whoever has got an answer finds its request here.
    """

    def __init__(self, most: int = 10_000, most_bytes: int = 16 * 1024 * 1024) -> None:
        self.most, self.most_bytes = most, most_bytes
        self._lock = threading.Lock()
        self._requests: deque[Request] = deque()
        self._bytes = 0
        self._dropped = 0
        self.told: Callable[[Request], None] | None = None  # of each request, once it is answered or cut off

    def __iter__(self) -> Iterator[Request]:
        """Over those that are there now, whatever comes meanwhile."""
        with self._lock:
            return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    def __getitem__(self, index: int) -> Request:
        with self._lock:
            return self._requests[index]

    def __repr__(self) -> str:
        requests = list(self)
        hidden = self._dropped + max(len(requests) - _SHOWN, 0)
        before = [f"... {hidden} before"] if hidden else []
        return "\n  ".join([f"<Traffic: {len(requests)} requests", *before, *map(str, requests[-_SHOWN:])]) + ">"

    def count(self, method: str | None = None, path: str | None = None) -> int:
        """How many have that method and a path in which the expression is found."""
        return len(self.select(method, path))

    def select(self, method: str | None = None, path: str | None = None) -> list[Request]:
        """Those that have that method and a path in which the expression is found."""
        wanted, pattern = method and method.upper(), re.compile(path or "")
        return [each for each in self if wanted in (None, each.method) and pattern.search(each.path)]

    def clear(self) -> None:
        with self._lock:
            for request in self._requests:
                request.kept = False
            self._requests.clear()
            self._bytes = self._dropped = 0

    def add(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)
            self._drop()

    def add_body(self, request: Request, body: bytes) -> None:
        """The body of a request that was added before, if that is still kept."""
        with self._lock:
            if request.kept:
                request.raw_body = body
                self._bytes += len(body)
                self._drop()

    def _drop(self) -> None:
        while len(self._requests) > self.most or (self._bytes > self.most_bytes and len(self._requests) > 1):
            oldest = self._requests.popleft()
            oldest.kept = False
            self._bytes -= len(oldest.raw_body)
            self._dropped += 1


class TrafficMiddleware:
    """Writes down what comes in and what is answered, always before the client can see it."""

    def __init__(
        self,
        app: ASGIApp,
        traffic: Traffic,
        clock: Callable[[], float] = time.perf_counter,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._app, self._traffic, self._clock, self._wall_clock = app, traffic, clock, wall_clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock()
        request = Request(scope["method"], scope["path"], scope["query_string"], self._wall_clock())
        self._traffic.add(request)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
            elif not message.get("more_body", False):
                request.seconds = self._clock() - began
            await send(message)

        try:
            await self._app(scope, self._heard(request, receive), sent)
        finally:
            if self._traffic.told is not None:
                self._traffic.told(request)

    def _heard(self, request: Request, receive: Receive) -> Receive:
        chunks: list[bytes] = []
        size, room = 0, self._traffic.most_bytes

        async def heard() -> Message:
            nonlocal size
            message = await receive()
            if message["type"] == "http.request" and size <= room:
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > room:
                    chunks.clear()
                elif not message.get("more_body", False):
                    self._traffic.add_body(request, b"".join(chunks))
            return message

        return heard
