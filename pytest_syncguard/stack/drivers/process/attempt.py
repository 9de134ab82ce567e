"""One trigger and the build that answers it, seen from the run that asked for it."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

from pytest_syncguard.stack.drivers.base import Look, Observation, Phase, Runtime
from pytest_syncguard.stack.drivers.process.observe import observe, why_not_ready
from pytest_syncguard.stack.drivers.process.record import Record, Stand, Store
from pytest_syncguard.verdict import shown_path

PIECE = 1 << 20  # bytes of output in one look at most
TAIL = 1 << 20  # bytes that the last lines are looked for in
ABORT_LIMIT = 8.0  # seconds: a little more than a keeper takes to end a build that nobody wants
# Seconds between two questions to a process that is not ready yet: each may be a line in its log, and the longer
# it takes, the less a moment matters.
ASK_MIN, ASK_MAX, ASK_SHARE = 0.05, 1.0, 0.1
SUPERSEDED = "another run has triggered this stage since"
REMOVED = "its record in {} was removed meanwhile: run syncguard sync again"

PHASES = {
    Stand.QUEUED: (Phase.QUEUED, Runtime.UNKNOWN),
    Stand.BUILDING: (Phase.BUILDING, Runtime.UNKNOWN),
    Stand.FAILED: (Phase.FAILED, Runtime.UNKNOWN),
    Stand.ABORTED: (Phase.LOST, Runtime.UNKNOWN),
    Stand.DONE: (Phase.PASSED, Runtime.NONE),
    Stand.REPLACING: (Phase.PASSED, Runtime.STARTING),
    Stand.SERVING: (Phase.PASSED, Runtime.STARTING),
    Stand.ENDED: (Phase.PASSED, Runtime.DOWN),
    Stand.STOPPED: (Phase.PASSED, Runtime.DOWN),
}


class ProcessAttempt:
    """Implements `Attempt`. Reads two files and one socket; what may block is asked on a thread."""

    def __init__(self, store: Store, record: Record, keeper: socket.socket) -> None:
        self._store = store
        self._record = record
        self._keeper: socket.socket | None = keeper
        self._log = os.open(record.log, os.O_RDONLY | os.O_CLOEXEC)
        self._offset = 0
        self._phase, self._runtime = PHASES[Stand.QUEUED]
        self._question: Question | None = None

    def look(self) -> Look:
        if self._keeper is None:
            return self._seen(b"", Phase.LOST, Runtime.UNKNOWN, "the attempt was closed")
        try:
            return self._look()
        except OSError as error:
            reason = f"its state cannot be read: {error}"
            return self._seen(b"", Phase.LOST, Runtime.UNKNOWN, reason)

    def _look(self) -> Look:
        # In this order: a keeper that has left has said all in the record, and what led to the record is in
        # the log already.
        left = self._has_left()
        record = self._store.load(self._record.stage)
        output = os.pread(self._log, PIECE, self._offset)
        self._offset += len(output)
        if record is None:
            return self._seen(output, Phase.LOST, Runtime.UNKNOWN, self._removed)
        if record.build != self._record.build:
            return self._seen(output, Phase.LOST, Runtime.UNKNOWN, SUPERSEDED)
        if self._offset < record.log_size:  # more to read before this counts
            return self._seen(output, self._phase, self._runtime)
        if record.fault:  # output was lost: an outage of this machine, no failure of the build
            return self._seen(output, Phase.LOST, Runtime.UNKNOWN, record.fault)
        if left and not record.stand.final:
            return self._seen(output, Phase.LOST, Runtime.UNKNOWN, self._complaint(record))
        self._phase, self._runtime = PHASES[record.stand]
        reason = record.reason
        if record.stand is Stand.SERVING:
            self._runtime, reason = self._readiness(record)
        return self._seen(output, self._phase, self._runtime, reason)

    def tail(self, lines: int) -> bytes:
        return tail(Path(self._record.log), lines)

    def observe(self) -> Observation:
        stage, build = self._record.stage, self._record.build
        found = observe(self._store, [stage])[stage]
        # What another run has started since was not built from the sources that this run knows.
        if found.build.partition("/")[0] != build:
            why = SUPERSEDED if found.build or found.unknown else self._removed
            return Observation(build, up=False, reason=why, unknown=found.unknown)
        return found

    @property
    def _removed(self) -> str:
        return REMOVED.format(shown_path(self._store.run))

    def close(self) -> None:
        """Stop watching; a build that is not served yet is ended by its keeper, which hears of this."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
            os.close(self._log)
        if self._question is not None:
            self._question.drop()

    def wait_for_abort(self) -> None:
        """After `close`: wait until a build that was not served yet has ended; at most `ABORT_LIMIT` seconds."""
        deadline = time.monotonic() + ABORT_LIMIT
        while time.monotonic() < deadline:
            record = self._store.load(self._record.stage)
            if record is None or record.build != self._record.build or record.stand is Stand.SERVING:
                return
            if record.stand.final or (record.keeper is not None and not record.keeper.alive):
                return
            time.sleep(0.01)

    def _seen(self, output: bytes, phase: Phase, runtime: Runtime, reason: str = "") -> Look:
        behind = len(output) == PIECE and self._offset < os.fstat(self._log).st_size
        return Look(output, phase, runtime, self._record.build, reason, behind)

    def _complaint(self, record: Record) -> str:
        """Why the keeper left before its time, in its own last words when it had any."""
        what = "process" if record.stand is Stand.SERVING else "build"
        said = tail(self._store.complaints(record.stage), 1).decode(errors="replace").strip()
        return f"its keeper ended before the {what} did{f' ({said})' if said else ''}"

    def _has_left(self) -> bool:
        assert self._keeper is not None
        try:
            return self._keeper.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _readiness(self, record: Record) -> tuple[Runtime, str]:
        """Up as soon as it lives, or as soon as it has answered where it is asked to answer."""
        if record.child is None or not record.child.alive:
            return Runtime.STARTING, "its end is being written down"
        if not record.ready:
            return Runtime.UP, ""
        if self._question is None:
            self._question = Question(record)
        reason = self._question.reason
        return (Runtime.STARTING, reason) if reason else (Runtime.UP, "")


class Question(threading.Thread):
    """Asks a served process until it is ready; ``reason`` says why it is not, and is empty when it is."""

    def __init__(self, record: Record) -> None:
        super().__init__(name=f"syncguard ready {record.stage}", daemon=True)
        self.reason = "not asked yet"
        self._served = record
        self._dropped = threading.Event()
        self.start()

    def run(self) -> None:
        began = time.monotonic()
        while self.reason and not self._dropped.is_set():
            self.reason = why_not_ready(self._served)
            self._dropped.wait(pause(time.monotonic() - began))

    def drop(self) -> None:
        self._dropped.set()


def pause(waited: float) -> float:
    """Seconds until the next question, after so many in vain."""
    return min(ASK_MAX, max(ASK_MIN, ASK_SHARE * waited))


def tail(path: Path, lines: int) -> bytes:
    """The last lines of a file, of which at most the last `TAIL` bytes are read."""
    # Split at b"\n" alone: a carriage return or a form feed ends no line of a log.
    found = end_of(path, TAIL).split(b"\n")
    whole = lines + (not found[-1])
    return b"\n".join(found[-whole:]) if lines > 0 else b""


def end_of(path: Path, size: int) -> bytes:
    """The last bytes of a file, ``size`` at most; nothing when it is gone."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read(size)
    except FileNotFoundError:
        return b""
