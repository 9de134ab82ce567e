"""What a keeper is told, by whom, and how it is started."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from pytest_syncguard.stack.drivers.identity import Proc, handle_of
from pytest_syncguard.stack.drivers.process.ladder import Waits

PACKAGE = "pytest_syncguard"
# The fork leaves the caller without a child to reap and the keeper without a parent that matters. The path of
# this package comes last, so that it can never stand in for a module of the standard library.
BOOT = (
    "import os; os.fork() and os._exit(0); import sys; sys.path.append(sys.argv[1]); "
    f"from {PACKAGE}.stack.drivers.process.keeper import main; main()"
)
START_LIMIT = 20.0  # seconds for an interpreter to start


class Order(NamedTuple):
    """What a keeper is to do. ``env`` is the whole environment; it stays off the disk and out of argv."""

    state: str
    stage: str
    build_id: str
    caller: Proc
    build: list[str]
    serve: list[str]
    cwd: str
    env: dict[str, str]
    waits: Waits

    def line(self) -> bytes:
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def read(cls, channel: socket.socket) -> Order:
        """Raises `EOFError` when the caller leaves before the order is whole."""
        data = b""
        while not data.endswith(b"\n"):
            piece = channel.recv(1 << 16)
            if not piece:
                raise EOFError
            data += piece
        fields: dict[str, Any] = json.loads(data)
        fields["caller"] = Proc(*fields["caller"])
        fields["waits"] = tuple(fields["waits"])
        return cls(**fields)


class Caller:
    """Whoever gave the order, as its keeper sees it: there, or gone (it ended, or it closed the attempt)."""

    def __init__(self, channel: socket.socket, caller: Proc) -> None:
        self._channel: socket.socket | None = channel
        self._handle = handle_of(caller.pid)
        if not caller.alive:
            self.leave()

    @property
    def gone(self) -> bool:
        return self._channel is None

    def notice(self) -> None:
        """See whether the caller has gone: the channel ended, or it died while a child of its holds that."""
        if not self.gone and select.select(self.places, [], [], 0)[0]:
            self.leave()

    @property
    def places(self) -> list[int]:
        """What becomes readable when the caller goes."""
        places = [self._channel.fileno()] if self._channel is not None else []
        return [*places, self._handle] if self._handle is not None else places

    def leave(self) -> None:
        """Hear and be heard no more."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def launch(order: Order, complaints: Path) -> socket.socket:
    """Start a keeper; the socket ends when the keeper does, and the keeper's order ends with the socket.

    What the keeper complains of goes to the file ``complaints``. Raises `OSError`.
    """
    import pytest_syncguard

    root = str(Path(pytest_syncguard.__file__).parents[1])
    ours, theirs = socket.socketpair()
    try:
        with theirs, complaints.open("wb") as errors:
            subprocess.run(
                [sys.executable, "-P", "-c", BOOT, root, order.stage],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                cwd="/",
                timeout=START_LIMIT,
                check=True,
            )
        ours.settimeout(START_LIMIT)
        ours.sendall(order.line())
        ours.setblocking(False)
    except BaseException as error:
        ours.close()
        if isinstance(error, subprocess.SubprocessError):
            raise OSError(f"its keeper did not start, see {complaints}") from error
        raise
    return ours
