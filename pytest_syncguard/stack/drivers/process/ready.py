"""Whether a served process answers, and whether it is really ours that answers."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.process.sockets import (
    WILDCARDS,
    Listener,
    listeners,
    surely_held_by,
    takers,
    waits_to_be_accepted,
)
from pytest_syncguard.stack.drivers.process.tree import SERVE, describe, members

LIMIT = 1.0  # seconds for one question, and for the rest of its answer
PATIENCE = 5.0  # the same for what was ready before: it may be busy, and after that long it hangs
LOOK_EVERY = 0.02  # seconds between two looks at a connection that nobody has accepted yet
LARGEST = 1 << 20  # bytes of an answer that are read
DEFAULT_PORTS = {"http": 80, "https": 443}
STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})")


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

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{'' if self.scheme == 'tcp' else self.path}"


def why_not(ready: Ready, build: str, child: Proc, *, patient: bool = False) -> str:
    """Ask once what this build serves; empty when it answers as it should. Blocks for about `LIMIT` seconds.

    ``patient``: it was ready before, so it is given `PATIENCE` seconds, and must have accepted a ``tcp`` connection;
    what breaks one off earlier and still holds its port is busy.
    """
    limit = PATIENCE if patient else LIMIT
    addresses: set[str] = set()
    began = time.monotonic()
    try:
        with socket.create_connection((ready.host, ready.port), timeout=limit) as connection:
            address = str(connection.getpeername()[0])
            addresses.add(address)
            if ready.scheme != "tcp" and (fault := _http_fault(ready, connection)):
                return fault
            if ready.scheme == "tcp" and patient and not _accepts(connection, limit):
                return f"{ready} accepts no connection (waited {limit:g} s)"
    except OSError as error:
        late = time.monotonic() - began >= limit
        if patient and not late and _holds_port(ready, addresses, build, child):
            return ""
        return f"{ready} does not answer ({f'waited {limit:g} s' if late else error.strerror or error})"
    if surely_held_by(child.pid, address, ready.port):
        return ""
    strangers = _strangers(takers(listeners(ready.port), address), build, child)
    if strangers:
        pid = min(strangers)
        return f"{ready} is answered by pid {pid} ({describe(pid)}), which is not of this stage"
    return ""


def _accepts(connection: socket.socket, limit: float) -> bool:
    """Whether the other end takes up a connection: the system makes it, even to a process that hangs."""
    deadline = time.monotonic() + limit
    while waits_to_be_accepted(connection):
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY)
    return True


def _holds_port(ready: Ready, addresses: set[str], build: str, child: Proc) -> bool:
    """Whether this build and nobody else listens where ``ready`` was asked; no address: it did not even connect."""
    addresses = addresses or _addresses(ready)
    if any(surely_held_by(child.pid, address, ready.port) for address in addresses):
        return True
    everybody = listeners(ready.port)
    found = [listener for address in addresses for listener in takers(everybody, address)]
    hidden = any(listener.pid is None for listener in found)
    return bool(found) and not hidden and not _strangers(found, build, child)


def _addresses(ready: Ready) -> set[str]:
    places = socket.getaddrinfo(ready.host, ready.port, type=socket.SOCK_STREAM)
    return {str(place[4][0]) for place in places}


def _strangers(found: list[Listener], build: str, child: Proc) -> set[int]:
    ours = members(lambda mark: (mark.build, mark.part) == (build, SERVE), [child])
    return {taker.pid for taker in found if taker.pid is not None} - {process.pid for process in ours}


def _http_fault(ready: Ready, connection: socket.socket) -> str:
    """Speak just enough HTTP to hear a status: a client library would cost more than the question."""
    channel = _encrypted(connection, ready.host) if ready.scheme == "https" else connection
    with channel:
        request = f"GET {ready.path} HTTP/1.1\r\nHost: {ready.authority}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        channel.sendall(request.encode("ascii", "replace"))
        answer = b""
        while len(answer) < 16 and b"\n" not in answer and (piece := channel.recv(4096)):
            answer += piece
        _hear_out(channel)
    status = STATUS_LINE.match(answer)
    if status is None:
        return f"{ready} does not speak HTTP"
    return "" if 200 <= int(status[1]) < 400 else f"{ready} answers with status {int(status[1])}"


def _hear_out(channel: socket.socket) -> None:
    """Read the rest, within limits: a server that is cut off in the middle of its answer may call that an error."""
    deadline, left = time.monotonic() + LIMIT, LARGEST
    with suppress(OSError):
        while left > 0 and (seconds := deadline - time.monotonic()) > 0:
            channel.settimeout(seconds)
            piece = channel.recv(1 << 16)
            if not piece:
                break
            left -= len(piece)


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
        addresses = _addresses(ready) | WILDCARDS
    except OSError:
        return []  # the name may exist only once the process runs
    seen = [listener for listener in listeners(ready.port) if listener.address in addresses]
    return seen or ([Listener(ready.host, None)] if _connects(ready) else [])


def _connects(ready: Ready) -> bool:
    """Whether somebody answers whom the system does not show: another user's, or in a container."""
    try:
        with socket.create_connection((ready.host, ready.port), timeout=LIMIT):
            return True
    except OSError:
        return False


def taken(ready: Ready, pid: int | None, whose: str = "", cure: str = "") -> str:
    """The sentence for a port that somebody else holds; ``cure`` is how to stop what is a stage's."""
    who = f"pid {pid} ({describe(pid)})" if pid else "a process that cannot be seen from here"
    if whose:
        return f"port {ready.port} is taken by {who}, which syncguard started as {whose}: {cure} or change ready"
    return f"port {ready.port} is taken by {who}, which syncguard did not start: stop it or change ready"
