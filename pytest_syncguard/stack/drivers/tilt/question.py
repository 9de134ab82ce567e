"""One question to a command that may be anything: its answer is bounded in time and in size."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from selectors import EVENT_READ, DefaultSelector

CHUNK = 1 << 16
LARGEST = 64 << 20  # bytes; Tilt itself keeps 2 MB of log


class TooMuch(Exception):
    """More was printed than any answer has."""


def ask(
    argv: Sequence[str], env: Mapping[str, str], limit: float, running: set[subprocess.Popen[bytes]] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end, ``limit`` seconds at most, and end all that it started should it not get there. Meanwhile
    it is one of those ``running``, for somebody who may `end` it.

    Raises `subprocess.TimeoutExpired`, `TooMuch`, or `OSError` when it cannot be run.
    """
    deadline = time.monotonic() + limit
    running = set() if running is None else running
    with subprocess.Popen(
        argv,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        running.add(child)
        try:
            out, err = _drain(child, deadline)
            code = child.wait(max(0.0, deadline - time.monotonic()))
        except BaseException:
            _end_all(child)  # also what it left behind when it ended by itself
            raise
        finally:
            running.discard(child)
    return subprocess.CompletedProcess(argv, code, out, err)


def end(child: subprocess.Popen[bytes]) -> None:
    """It and all that it started, unless it has ended by itself."""
    if child.poll() is None:
        _end_all(child)


def _end_all(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _drain(child: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """All that it prints on its two streams until it closes them."""
    printed = {"out": bytearray(), "err": bytearray()}
    with DefaultSelector() as selector:
        for name, pipe in zip(printed, (child.stdout, child.stderr), strict=True):
            if pipe is not None:
                selector.register(pipe, EVENT_READ, name)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(child.args, deadline)
            for key, _ in ready:
                if data := os.read(key.fd, CHUNK):
                    printed[key.data] += data
                else:
                    selector.unregister(key.fileobj)
            if sum(map(len, printed.values())) > LARGEST:
                raise TooMuch
    return bytes(printed["out"]), bytes(printed["err"])
