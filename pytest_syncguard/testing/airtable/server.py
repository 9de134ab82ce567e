"""A local Airtable in a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import uvicorn
from starlette.types import Receive, Scope, Send

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable.app import make_app
from pytest_syncguard.testing.airtable.bounds import HttpProtocol
from pytest_syncguard.testing.airtable.service import OWNER, Service
from pytest_syncguard.testing.airtable.store.hold import Hold
from pytest_syncguard.testing.airtable.store.store import Store

START_LIMIT = 10.0  # seconds
KEPT_ALIVE = 75  # seconds; a client that comes back later must not meet a connection that is just being closed
T = TypeVar("T")


class AirtableServer:
    """Answers at ``url`` from `start` to `stop`, to whoever has ``token``; a context manager does both.

    ``data``: the SQLite file that everything is kept in; None: memory. ``port`` 0: any free one. Loopback only,
    unless another ``host`` is named. Raises `SyncguardError` when the port or the file cannot be had, ValueError for a
    token that no header could carry.
    """

    def __init__(self, *, data: Path | None = None, host: str = "127.0.0.1", port: int = 0, token: str = "") -> None:
        self._hold = Hold(data) if data else None
        try:
            self._serve(Service(Store(data)))
            self.token = self.service.tokens.add(OWNER, token=token)
        except BaseException:
            self._release()
            raise
        self._address = (host, port)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """What pyairtable takes as ``endpoint_url``."""
        return self.service.url

    def __enter__(self) -> AirtableServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> AirtableServer:
        """Returns once it answers."""
        try:
            listener = _listen(*self._address)
        except SyncguardError:
            self.stop()
            raise
        host, port = listener.getsockname()[:2]
        self.service.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            http=HttpProtocol,
            ws="none",
            lifespan="off",
            timeout_keep_alive=KEPT_ALIVE,
            proxy_headers=False,
            access_log=False,
            log_config=None,
        )
        self._server = uvicorn.Server(config)
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, ready), name="airtable", daemon=True)
        self._thread.start()
        if not ready.wait(START_LIMIT):
            raise SyncguardError(f"the local Airtable did not start within {START_LIMIT:g} s")
        return self

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        server = self._server
        assert server is not None

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            serving = asyncio.ensure_future(server.serve([listener]))
            while not (server.started or serving.done()):
                await asyncio.sleep(0.001)
            self.service.webhooks.notifier.resume()
            ready.set()
            await serving

        asyncio.run(serve())

    def stop(self) -> None:
        """Ends the server; connections that are open are cut."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join()
            self._server = self._thread = self._loop = None
        self.service.store.close()
        self._release()

    def _release(self) -> None:
        if self._hold is not None:
            self._hold.release()

    def call(self, work: Callable[[Service], T]) -> T:
        """Do something to the service in the server's thread, between two requests; returns its result."""
        if self._loop is None:
            return work(self.service)

        async def run() -> T:
            return work(self.service)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def renew(self) -> None:
        """Another Airtable in memory, empty, at the same address, with a new token. Requests that have come already are
        answered by the old service; then it is over.
        """
        new = Service(Store(), url=self.url)
        self.token = new.tokens.add(OWNER)
        self.call(lambda _: self._renew(new))

    def _renew(self, service: Service) -> None:
        old = self._turn
        self._serve(service)
        old.end()

    def _serve(self, service: Service) -> None:
        self.service, self._turn = service, _Turn(service)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._turn.answer(scope, receive, send)


class _Turn:
    """A service and its requests; all of it in the server's thread."""

    def __init__(self, service: Service) -> None:
        self._service, self._app = service, make_app(service)
        self._requests, self._over = 0, False

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._requests += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._requests -= 1
            self._close()

    def end(self) -> None:
        """No more requests come; the data is closed after the last one."""
        self._over = True
        self._close()

    def _close(self) -> None:
        if self._over and not self._requests:
            self._service.store.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, lest asyncio leave Nagle's algorithm on, which holds up each answer for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        cure = "name another port, or 0 for any free one" if taken else "name an address of this machine as the host"
        said = f"cannot listen at {host}:{port}: {(error.strerror or str(error)).lower()}"
        raise SyncguardError(f"{said}: {cure}") from None
    return listener
