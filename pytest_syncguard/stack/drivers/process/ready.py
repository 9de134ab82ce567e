"""Whether a served process answers, and whether it is really ours that answers."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pytest_syncguard.stack.drivers.process.tree import describe

LIMIT = 1.0  # seconds for one question
DEFAULT_PORTS = {"http": 80, "https": 443}
WILDCARDS = frozenset({"0.0.0.0", "::", "*"})  # noqa: S104 - compared with, never bound


class Ready(NamedTuple):
    """Where a served process answers when it is up."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    @classmethod
    def parse(cls, text: str) -> Ready | None:
        """``http://…``, ``https://…`` or ``tcp://host:port``; None for no text. Raises `ValueError`."""
        if not text:
            return None
        url = urlsplit(text)
        port = url.port or DEFAULT_PORTS.get(url.scheme)
        if url.scheme not in ("http", "https", "tcp") or not url.hostname or not port:
            raise ValueError(f'ready = "{text}" is neither http://host:port/path nor tcp://host:port')
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        return cls(url.scheme, url.hostname, port, path)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{'' if self.scheme == 'tcp' else self.path}"


class Listener(NamedTuple):
    """Who listens on a port; ``pid`` is None where the system does not tell."""

    address: str
    pid: int | None


def ask(ready: Ready, ours: Iterable[int]) -> str:
    """Ask once; empty when one of our processes answers as it should, otherwise why not.

    Blocks for little more than `LIMIT` seconds.
    """
    try:
        with socket.create_connection((ready.host, ready.port), timeout=LIMIT) as connection:
            address = str(connection.getpeername()[0])
            if ready.scheme != "tcp" and (fault := _http_fault(ready, connection)):
                return fault
    except OSError as error:
        return f"{ready} does not answer ({error.strerror or error})"
    strangers = _strangers(address, ready.port, frozenset(ours))
    if strangers:
        return f"{ready} is answered by pid {strangers[0]} ({describe(strangers[0])}), which is not of this stage"
    return ""


def _http_fault(ready: Ready, connection: socket.socket) -> str:
    import http.client

    client = http.client.HTTPConnection(ready.host, ready.port, timeout=LIMIT)
    client.sock = _encrypted(connection, ready.host) if ready.scheme == "https" else connection
    try:
        client.request("GET", ready.path, headers={"Connection": "close"})
        status = client.getresponse().status
    except http.client.HTTPException as error:
        return f"{ready} does not speak HTTP ({type(error).__name__})"
    finally:
        client.close()
    return "" if 200 <= status < 400 else f"{ready} answers with status {status}"


def _encrypted(connection: socket.socket, host: str) -> socket.socket:
    """A development server's certificate proves nothing, and nothing is told to it."""
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=host)


def holders(ready: Ready) -> list[Listener]:
    """Who holds the port that ``ready`` names, before anything of ours was started there."""
    try:
        found = socket.getaddrinfo(ready.host, ready.port, type=socket.SOCK_STREAM)
    except OSError:
        return []  # the name may exist only once the process runs
    addresses = {str(place[4][0]) for place in found}
    seen = [
        listener for listener in listeners(ready.port) if listener.address in addresses or listener.address in WILDCARDS
    ]
    return seen or ([Listener(ready.host, None)] if _connects(ready) else [])


def _connects(ready: Ready) -> bool:
    """Whether somebody answers whom the system does not show: another user's, or in a container."""
    try:
        with socket.create_connection((ready.host, ready.port), timeout=LIMIT):
            return True
    except OSError:
        return False


def _strangers(address: str, port: int, ours: frozenset[int]) -> list[int]:
    found = listeners(port)
    exact = [listener for listener in found if listener.address == address]
    takers = exact or [listener for listener in found if listener.address in WILDCARDS]
    return sorted({taker.pid for taker in takers if taker.pid is not None} - ours)


def listeners(port: int) -> list[Listener]:
    """Everybody who listens on a TCP port of this machine, as far as the system tells."""
    import psutil

    try:
        found = [(connection, connection.pid) for connection in psutil.net_connections("tcp")]
    except psutil.AccessDenied:  # macOS tells this to root only
        found = _own_connections()
    return [
        Listener(connection.laddr.ip.removeprefix("::ffff:"), pid)
        for connection, pid in found
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
    ]


def _own_connections() -> list[tuple[Any, int | None]]:
    import psutil

    found: list[tuple[Any, int | None]] = []
    for process in psutil.process_iter():
        try:
            found += [(connection, process.pid) for connection in process.net_connections("tcp")]
        except (psutil.Error, OSError):
            continue
    return found


def taken(ready: Ready, pid: int | None, whose: str = "") -> str:
    """The sentence for a port that somebody else holds."""
    who = f"pid {pid} ({describe(pid)})" if pid else "a process that cannot be seen from here"
    if whose:
        return f'port {ready.port} is taken by {who} of stage "{whose}": run syncguard down or change ready'
    return f"port {ready.port} is taken by {who}, which syncguard did not start: stop it or change ready"
