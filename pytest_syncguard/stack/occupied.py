"""Who holds the port that a server could not have: its log says that an address is in use, and rarely by whom."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_IN_USE = re.compile(r"address (?:is )?already in use|EADDRINUSE|port \d+ is (?:already )?in use", re.IGNORECASE)
# Such as "127.0.0.1:8000", ":::3000", "('127.0.0.1', 8000)", "port 8000", "--port=8000".
_PORT = re.compile(r"""(?::|["'], ?|\bport[ =:]+)(\d{2,5})\b""", re.IGNORECASE)
HIGHEST = 65535
TRIED = 10  # ports that are looked at


def occupied(lines: Sequence[str], signs: Iterable[str] = (), state: str | Path = "") -> tuple[str, str]:
    """Of a failure in which an address was in use: who listens there on this machine, and how to end it; two empty
    texts where nobody can tell.

    ``lines`` are its log's. The port is one that the complaint itself names, or else one of the other lines or of
    the ``signs`` of success. ``state`` is the project's folder, which tells its own processes from another's.
    """
    complaints = [line for line in lines if _IN_USE.search(line)]
    if not complaints:
        return "", ""
    from pytest_syncguard.stack.drivers.process.ports import marked_owner
    from pytest_syncguard.stack.drivers.process.sockets import listeners
    from pytest_syncguard.stack.drivers.process.tree import describe

    named = list(_ports(complaints))
    for port in named or list(_ports([*reversed(lines), *signs]))[:TRIED]:
        for listener in listeners(port):
            who = f"pid {listener.pid} ({describe(listener.pid)})" if listener.pid else "a process of somebody else"
            said = f"port {port} of this machine is taken by {who}"
            if owner := marked_owner(Path(os.path.realpath(state)), listener.pid):
                return f"{said}, which syncguard started as {owner}", owner.cure
            return said, "end it if it is left over from an older build"
    return "", ""


def _ports(texts: Iterable[str]) -> Iterator[int]:
    """Each number once that stands like a port."""
    numbers = (int(number) for text in texts for number in _PORT.findall(text))
    yield from dict.fromkeys(number for number in numbers if 0 < number <= HIGHEST)
