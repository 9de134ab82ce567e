"""Who listens on a port: what can be told quickly of our own processes, and slowly of everybody."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pytest_syncguard.stack.drivers.identity import LINUX

WILDCARDS = frozenset({"0.0.0.0", "::", "*"})  # noqa: S104 - compared with, never bound
LISTEN, ESTABLISHED = "0A", "01"  # as /proc/net/tcp writes the state


class Listener(NamedTuple):
    """Who listens on a port; ``pid`` is None where the system does not tell."""

    address: str
    pid: int | None


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


def takers(found: Iterable[Listener], address: str) -> list[Listener]:
    """Of all who listen on a port, those who get what is sent to this address."""
    found = list(found)
    exact = [listener for listener in found if listener.address == address]
    return exact or [listener for listener in found if listener.address in WILDCARDS]


def surely_held_by(child: int, address: str, port: int) -> bool:
    """Whether a process or its descendants hold the listening socket; False also means "cannot be told".

    Linux only, and a hundred times faster than asking for everybody's connections.
    """
    return LINUX and any(_listening(port)) and none_held_by_others([child], [address], port)


def none_held_by_others(roots: Iterable[int], addresses: Iterable[str], port: int) -> bool:
    """Whether whoever gets what is sent to these addresses, if anybody does, is one of these processes or descends
    from one; False also means "cannot be told". Linux only, and quick.
    """
    if not LINUX:
        return False
    try:
        sockets = {inode: Listener(where, None) for where, inode in _listening(port)}
        getting = {taker for address in addresses for taker in takers(sockets.values(), address)}
        wanted = {inode for inode, listener in sockets.items() if listener in getting}
        for pid in (each for root in roots for each in _descendants(root)):
            if not wanted:
                break
            wanted -= _sockets_of(pid)
    except (OSError, ValueError):
        return False
    return not wanted


def waits_to_be_accepted(connection: socket.socket) -> bool:
    """Whether the other end of a connection within this machine is no process's yet. False: or nobody can tell.

    Linux only: there the row of that end names no inode until a process accepts it.
    """
    if not LINUX:
        return False
    ours, theirs = int(connection.getsockname()[1]), int(connection.getpeername()[1])
    ends = (f":{theirs:04X}", f":{ours:04X}")
    return any(row[9] == "0" and row[3] == ESTABLISHED and (row[1][-5:], row[2][-5:]) == ends for row in _rows())


def _listening(port: int) -> Iterator[tuple[str, str]]:
    """Address and inode of every socket that listens on the port."""
    for fields in _rows():
        host, _, number = fields[1].partition(":")
        if fields[3] == LISTEN and int(number, 16) == port:
            yield _address(host), fields[9]


def _rows() -> Iterator[list[str]]:
    """The kernel's table of TCP sockets; of each, with others: 1 its address, 2 the other end's, 3 state, 9 inode."""
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net", table)
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            yield line.split()


def _address(text: str) -> str:
    """An address as the kernel prints it: words of eight hexadecimal digits in the machine's byte order."""
    words = [int(text[n : n + 8], 16).to_bytes(4, sys.byteorder) for n in range(0, len(text), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words)).removeprefix("::ffff:")


def _descendants(pid: int) -> Iterator[int]:
    """The process, then its children, then theirs."""
    yield pid
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in tasks.read_text().split():
            yield from _descendants(int(child))


def _sockets_of(pid: int) -> set[str]:
    """The inodes of all sockets that a process has open."""
    folder = f"/proc/{pid}/fd"
    found = set()
    for name in os.listdir(folder):  # noqa: PTH208 - speed
        with suppress(FileNotFoundError):  # closed since the folder was read
            link = os.readlink(f"{folder}/{name}")  # noqa: PTH115 - speed
            if link.startswith("socket:["):
                found.add(link[8:-1])
    return found
