"""Faults on demand: what a network and a service may do to a request, when a test asks for it.

    faults.status(503, times=1, retry_after=1)         # the next request
    faults.reset(before=False, method="POST", after=2)  # the third POST is done, but its client is not told
    faults.latency(0.2, path="/listRecords$", probability=0.1)
    faults.half_a_body(schedule=[1, 4]).status(500, schedule=itertools.cycle([False, True]))
    faults.between(lambda: table.rename_field("Name", "Title"), after=1)  # after the first request, before the second

A request counts for every fault whose path and method it has. All that are due strike in the order in which they were
added, until one of them ends the request: what comes after that keeps its ``times`` for another one.
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
import struct
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pytest_syncguard.testing.airtable.bounds import answer, gone, transport_of
from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fault import CUTTING, STATUSES, Fault, strikes
from pytest_syncguard.testing.airtable.limits import TryLater

_LINGER_NOT = struct.pack("ii", 1, 0)  # closing resets the connection


class FaultNotStruck(UserWarning):
    """A fault that was to strike has met no request: the test has not tested what it says."""


class Faults:
    """The faults that are still to come. Any thread may add some while the server runs.

    ``seed``: of the dice of faults that have a probability, each of which has its own.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._broken: BaseException | None = None

    def __repr__(self) -> str:
        return f"<Faults: {list(self.pending)}>"

    def add(
        self,
        kind: str | int,
        *,
        times: int | None = None,
        path: str | None = None,
        method: str | None = None,
        probability: float | None = None,
        schedule: Iterable[bool] | Iterable[int] | None = None,
        after: int = 0,
        seconds: float = 0.0,
        retry_after: float | None = None,
        call: Callable[[], object] | None = None,
    ) -> Faults:
        """Add a fault and return all, so that others can be added to it.

        ``times``: how many requests it strikes at most. ``path``: a regular expression that is found in the path of
        those it strikes. ``schedule``: whether it strikes, for one request after the other, or the numbers of those
        that it strikes, ascending from 1; at its end the fault is spent. ``after``: requests that are spared first.
        ``seconds``: of latency. ``retry_after``: seconds, told with a status. ``call``: what ``between``,
        ``drop_field`` and ``rename_field`` run before the request goes on, in a thread of its own: it may do whatever
        the test may, such as to change the schema by the fixture, or to send requests itself. Without ``times`` and
        ``schedule`` it runs once.

        Raises ValueError for what makes no sense, re.error for a wrong expression.
        """
        pattern, verb = re.compile(path) if path else None, str(method).upper() if method else None
        turns = None if schedule is None else strikes(schedule)
        times = 1 if call and times is None and turns is None else times
        dice = random.Random(self._seed)  # noqa: S311 - that it can be foretold is what it is for
        what = (seconds, retry_after, call)
        fault = Fault(str(kind), times, pattern, verb, probability, after, *what, turns, dice)
        with self._lock:
            self._faults += [] if fault.spent else [fault]
        return self

    def latency(self, seconds: float, **when: Any) -> Faults:
        """The request waits before it is served. ``when``: as for `add`, here and below."""
        return self.add("latency", seconds=seconds, **when)

    def status(self, status: int, *, retry_after: float | None = None, **when: Any) -> Faults:
        """The request is answered 429, 500, 502 or 503, and nothing is done."""
        return self.add(status, retry_after=retry_after, **when)

    def reset(self, *, before: bool = True, **when: Any) -> Faults:
        """The connection is reset before the request took effect, or after it."""
        return self.add("reset_before" if before else "reset_after", **when)

    def half_a_body(self, **when: Any) -> Faults:
        """The request takes effect; of the answer's body half comes, then the connection is closed."""
        return self.add("half_a_body", **when)

    def between(self, call: Callable[[], object], **when: Any) -> Faults:
        """Something happens on the server just before the request is served, once unless told otherwise. What fails
        in it, an assertion too, is answered 500 and fails the test at its end.
        """
        return self.add("between", call=call, **when)

    def clear(self) -> None:
        """From now on all goes well."""
        with self._lock:
            self._faults.clear()

    @property
    def pending(self) -> tuple[Fault, ...]:
        """Those that may still strike."""
        with self._lock:
            return tuple(self._faults)

    def broke(self, error: BaseException) -> None:
        """What happened in between has failed; the first failure is the one that `verify` raises."""
        self._broken = self._broken or error

    def verify(self) -> None:
        """At the end of a test: raises what failed in between, be it an assertion; warns with `FaultNotStruck` of
        each fault that has ``times`` or a ``schedule`` and never struck. What was cleared need not strike.
        """
        broken, self._broken = self._broken, None
        if broken is not None:
            raise broken
        for fault in self.pending:
            if fault.missed:
                said = f"no request was struck by {fault}: is its method or path another one?"
                warnings.warn(FaultNotStruck(f"{said} faults.clear() takes back what need not strike"), stacklevel=2)

    def strike(self, method: str, path: str) -> list[Fault]:
        """What strikes this request, in order; only the last may end it."""
        if not self._faults:
            return []
        struck: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if fault.concerns(method, path) and fault.due() and not (struck and struck[-1].ends):
                    fault.struck()
                    struck.append(fault)
            self._faults = [fault for fault in self._faults if not fault.spent]
        return struck


class FaultsMiddleware:
    """Lets the faults strike. To cut a connection it needs the transport that `HttpProtocol` puts into the scope."""

    def __init__(
        self, app: ASGIApp, faults: Faults, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._app, self._faults, self._sleep = app, faults, sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        struck = self._faults.strike(scope["method"], scope["path"]) if scope["type"] == "http" else []
        for fault in struck:
            if fault.kind == "latency":
                await self._sleep(fault.seconds)
            elif fault.call is not None:
                await self._happen(fault.call)
            else:
                await self._end(fault, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _happen(self, call: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(call)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # pytest's own failures are no Exception
            self._faults.broke(error)
            raise RuntimeError("what was to happen in between failed") from error

    async def _end(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "half_a_body":
            await self._halve(scope, receive, send)
        elif fault.kind in CUTTING:
            try:
                if fault.kind == "reset_after":
                    await self._app(scope, receive, _nowhere)
            finally:
                await _reset(scope, receive)
        else:
            raise TryLater(int(fault.kind), *STATUSES[int(fault.kind)], retry_after=fault.retry_after)

    async def _halve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head with the length of the whole body, then half of that, and close."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        try:
            await self._app(scope, receive, keep)
        except AirtableError as error:
            await answer(error, keep)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        length = max(len(body), 1)  # of an empty one, too, something is missing
        headers = [(name, value) for name, value in messages[0]["headers"] if name.lower() != b"content-length"]
        await send({**messages[0], "headers": [*headers, (b"content-length", b"%d" % length)]})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        transport_of(scope).close()  # what was sent goes out first
        await gone(receive)


async def _nowhere(message: Message) -> None:
    """An answer that nobody gets."""


async def _reset(scope: Scope, receive: Receive) -> None:
    transport = transport_of(scope)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
    await gone(receive)
