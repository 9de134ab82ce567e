"""Children whose output is read as it comes, without blocking."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from pytest_syncguard.stack.drivers.leash import leashed

CHUNK = 1 << 20


class ChildStream:
    r"""A child process on a leash, so that it ends with this one; `read` gives the whole lines that have arrived.

    A line is what ends in ``\\n``; the rest stays until it is whole or the child has ended.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self._child = subprocess.Popen(
            leashed(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(env),
            start_new_session=True,
        )
        if self._child.stdout is None or self._child.stdin is None:  # pragma: no cover - PIPE was asked for
            raise RuntimeError("no pipe")
        self._leash, self._out = self._child.stdin, self._child.stdout
        os.set_blocking(self._out.fileno(), False)
        self._rest = b""
        self.ended = False
        self.behind = False

    def read(self) -> list[bytes]:
        """The lines that arrived since the last call, about 1 MiB at most; `behind` tells of more."""
        parts, size = [self._rest], 0
        self.behind = False
        while not self.ended:
            try:
                data = os.read(self._out.fileno(), CHUNK)
            except BlockingIOError:
                break
            self.ended = not data
            parts.append(data)
            size += len(data)
            if size >= CHUNK:
                self.behind = True
                break
        if len(parts) == 1:
            return []
        *lines, self._rest = b"".join(parts).split(b"\n")
        if self.ended and self._rest:
            lines.append(self._rest)
            self._rest = b""
        return lines

    def close(self) -> None:
        """End the child; it is only a reader, so there is nothing to wait for."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._leash.close()
        self._out.close()
        self.ended = True
