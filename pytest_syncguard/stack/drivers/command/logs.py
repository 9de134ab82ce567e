"""The log of what a trigger brought up: followed, or printed again and again and compared."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Sequence
from typing import IO, Protocol

from pytest_syncguard.stack.drivers.command.child import CannotStart, Child, Outcome, Request, Run, drain, ending
from pytest_syncguard.stack.drivers.command.fresh import fresh_from

POLL_LIMIT = 60.0  # seconds that one printing of the whole log may take
AGAIN_LIMIT = 15.0  # the same, once a stage waits for nothing else
PIPE = 1 << 20
LINE = 64 << 10  # bytes that the beginning of a line may have before it is told without its end
QUIET = 1.0  # seconds after which a log that is followed has told all that it held


class Log(Protocol):
    """Where the lines of a service come from. Nothing here waits."""

    @property
    def fault(self) -> str:
        """Why nothing can be read, or nothing."""
        ...

    def read(self, limit: int) -> bytes:
        """What is new, at most ``limit`` bytes."""
        ...

    def whole_since(self, moment: float) -> bool:
        """Whether all that was in the log at a moment (of the monotonic clock) has been read."""
        ...

    def again(self) -> bytes | None:
        """Ask for the log once more and wait for that: what nobody has read yet; None: it cannot be read now."""
        ...

    def close(self) -> None: ...


class FollowedLog:
    """A command that keeps running and prints each line as it comes.

    The pipe is the only buffer: a flood waits in the command until somebody reads. When the command ends
    (engines end it with the container, or when they restart) it is started again, and what was told already
    is skipped; after an end with an error the last second is told twice rather than a line never.
    """

    def __init__(self, request: Request, every: float, started: Callable[[int], None]) -> None:
        self.fault = ""
        self._request = request
        self._started = started
        self._every = every
        self._delivered = self._sure = self._recent = self._skip = 0
        self._began = self._marked = 0.0
        self._child: Child | None = None
        self._pipe = -1
        self._ended = False
        self._start()

    def read(self, limit: int) -> bytes:
        if self._ended and time.monotonic() - self._began >= self._every:
            self._start()
        if self._pipe < 0:
            return b""
        code = self._child.code if self._child else None
        text = drain(self._pipe, limit)
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        self._count(len(text) - skipped)
        if code is not None and len(text) < limit:
            self._stop()
            self.fault = f"{self._request} {ending(code)}: {_last(text)}" if code else ""
            if code:  # its complaint is no part of the log: the next start will not print it again
                self._delivered = self._sure
        return text[skipped:]

    def _count(self, size: int) -> None:
        """Count what was told; `_sure` is the count of a moment ago, before any last words of the command."""
        now = time.monotonic()
        if now - self._marked >= QUIET:
            self._sure, self._recent, self._marked = self._recent, self._delivered, now
        self._delivered += size

    def whole_since(self, moment: float) -> bool:
        return (self._ended and not self.fault) or time.monotonic() - moment >= max(self._every, QUIET)

    def again(self) -> bytes:
        """Nothing: it comes as it is printed."""
        return b""

    def close(self) -> None:
        self._stop()

    def _start(self) -> None:
        self._began = time.monotonic()
        self._marked = self._began
        self._skip = self._sure = self._recent = self._delivered
        self._ended = True
        self._pipe, writer = os.pipe()
        os.set_blocking(self._pipe, False)
        _widen(writer)
        try:
            self._child = Child(self._request, writer, writer)
            self._ended, self.fault = False, ""
            self._started(self._child.pid)
        except CannotStart as error:
            self.fault = str(error)
            self._stop()
        finally:
            os.close(writer)

    def _stop(self) -> None:
        if self._child is not None:
            self._child.end(grace=0.0)
            self._child = None
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        self._ended = True


class PolledLog:
    """A command that prints the log and ends, run every so often; only what is new is taken."""

    def __init__(self, request: Request, every: float, before: IO[bytes] | None = None) -> None:
        self.fault = ""
        self._request = request
        self._every = every
        self._seen = before
        self._began = time.monotonic()
        self._left = 0  # bytes at the end of `_seen` that nobody has read yet
        self._run: Run | None = None
        self._next = 0.0
        self._whole_at = float("-inf")

    def read(self, limit: int) -> bytes:
        if self._left == 0:
            self._poll()
        if self._left == 0 or self._seen is None:
            return b""
        size = os.fstat(self._seen.fileno()).st_size
        text = os.pread(self._seen.fileno(), min(limit, self._left), size - self._left)
        self._left -= len(text)
        return text

    def whole_since(self, moment: float) -> bool:
        return self._left == 0 and (self._whole_at >= moment or bool(self.fault))

    def again(self) -> bytes | None:
        try:
            if self._run is not None:  # it may have looked a moment ago
                self._run.close()
                self._run = None
            run = Run(self._request, AGAIN_LIMIT, merged=True)
        except CannotStart as error:
            self.fault = str(error)
            return None
        unread = self._peek()
        self._end(run, run.wait())
        return None if self.fault else unread + self._peek()

    def _peek(self) -> bytes:
        if self._seen is None:
            return b""
        size = os.fstat(self._seen.fileno()).st_size
        return os.pread(self._seen.fileno(), self._left, size - self._left)

    def close(self) -> None:
        if self._run is not None:
            self._run.close()
        if self._seen is not None:
            self._seen.close()
        self._run = self._seen = None

    def _poll(self) -> None:
        try:
            if self._run is None and time.monotonic() >= self._next:
                self._run = Run(self._request, POLL_LIMIT, merged=True)
        except CannotStart as error:
            self.fault, self._next = str(error), time.monotonic() + pause(self._every, self._began)
        if self._run is None or (outcome := self._run.outcome()) is None:
            return
        finished, self._run = self._run, None
        self._end(finished, outcome)

    def _end(self, finished: Run, outcome: Outcome) -> None:
        self._next = time.monotonic() + pause(self._every, self._began)
        if outcome.code != 0:
            # Half a log would look like one that began anew: only a whole one counts.
            self.fault = f"{self._request} {ending(outcome.code)}: {outcome.last_line}"
            finished.close()
            return
        self.fault, self._whole_at = "", finished.began
        self._take(finished.output)

    def _take(self, now: IO[bytes]) -> None:
        size = os.fstat(now.fileno()).st_size
        self._left = size - (fresh_from(self._seen, now) if self._seen is not None else 0)
        if self._seen is not None:
            self._seen.close()
        self._seen = now


class JoinedLog:
    """The logs of several replicas, line by line."""

    def __init__(self, logs: Sequence[Log]) -> None:
        self._logs = [(log, bytearray()) for log in logs]

    @property
    def fault(self) -> str:
        return next((log.fault for log, _ in self._logs if log.fault), "")

    def read(self, limit: int) -> bytes:
        told = b""
        for log, begun in self._logs:
            begun.extend(log.read(limit // len(self._logs)))
            end = len(begun) if len(begun) > LINE else begun.rfind(b"\n") + 1
            told += begun[:end]
            del begun[:end]
        return told

    def whole_since(self, moment: float) -> bool:
        return all(log.whole_since(moment) for log, _ in self._logs)

    def again(self) -> bytes | None:
        found = [(bytes(begun), log.again()) for log, begun in self._logs]
        return None if any(new is None for _, new in found) else b"\n".join(b + (n or b"") for b, n in found)

    def close(self) -> None:
        for log, _ in self._logs:
            log.close()


def pause(every: float, began: float) -> float:
    """Seconds until the next question: short at first, when much changes, and never longer than ``every``."""
    return min(every, max(0.1, (time.monotonic() - began) / 4))


def _widen(pipe: int) -> None:
    """Let a pipe hold more where the system can: fewer stops while a flood is read."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)


def _last(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"
