"""Commands while they run: in their own session, read without waiting, ended with all that they started."""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.stack.drivers.environment import lasting
from pytest_syncguard.stack.drivers.said import last_line

if TYPE_CHECKING:
    from psutil import Process

CHUNK = 65_536
GRACE = 2.0  # seconds between SIGTERM and SIGKILL


class CannotStart(SyncguardError):
    """A command could not be started at all: not found, not executable, no such folder."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to run, where, and what to add to the environment."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """What is run, for messages: not its options, among which there may be a secret."""
        words = list(itertools.takewhile(lambda word: not word.startswith("-"), self.argv))[:4]
        return f"`{shlex.join(words)}{' …' if len(words) < len(self.argv) else ''}`"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit code (negative: the signal; None: time was over) and what it printed."""

    code: int | None
    output: str
    errors: str = ""

    @property
    def last_line(self) -> str:
        """The last line that says anything, of what it printed about errors or else of all it printed."""
        return last_line(self.errors) or last_line(self.output)


def ending(code: int | None) -> str:
    """An exit code as words of a sentence."""
    if code is None:
        return "did not end in time"
    return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"


class Child:
    """A command in its own session. ``stdout`` and ``stderr`` are what `subprocess.Popen` takes."""

    def __init__(self, request: Request, stdout: int | IO[bytes], stderr: int | IO[bytes]) -> None:
        try:
            self._process = subprocess.Popen(
                request.argv,
                cwd=request.cwd,
                env={**lasting(), **request.env},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise CannotStart(_why_not(request, error)) from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """The exit code as soon as it ends, or None when the time is over before."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def end(self, grace: float = GRACE) -> None:
        """End it with all that it started; one that has ended by itself left behind what is meant to stay."""
        if self.code is not None:
            return
        end_tree(self.pid, grace)
        self._process.wait()


def end_tree(pid: int, grace: float) -> None:
    """End a session leader and all its descendants, asking first and forcing after ``grace`` seconds."""
    import psutil

    try:
        leader = psutil.Process(pid)
        tree = [leader, *leader.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    _signal(pid, tree, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(tree, timeout=grace)
    # The session is signalled once more for whoever was started after the look at the tree.
    _signal(pid, stubborn, signal.SIGKILL)


def _signal(session: int, tree: list[Process], number: signal.Signals) -> None:
    import psutil

    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, number)
    for process in tree:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


class Run:
    """A command that ends by itself; its output lies in files without a name until it is asked for."""

    def __init__(self, request: Request, limit: float, *, merged: bool = False) -> None:
        self.began = time.monotonic()
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed in `close`)
        self._errors: IO[bytes] | None = None if merged else tempfile.TemporaryFile()  # noqa: SIM115
        self._limit = limit
        try:
            self._child = Child(request, self.output, self._errors or subprocess.STDOUT)
        except CannotStart:
            self.close_files()
            raise

    def outcome(self) -> Outcome | None:
        """How it ended, or None while it runs within its time."""
        code = self._child.code
        if code is None and time.monotonic() - self.began < self._limit:
            return None
        return self._end(code)

    def wait(self) -> Outcome:
        """How it ended; waits for that, at most as long as its time allows."""
        left = self._limit - (time.monotonic() - self.began)
        return self._end(self._child.wait(max(left, 0.0)))

    def _end(self, code: int | None) -> Outcome:
        self._child.end(grace=0.0)
        return Outcome(code, _text(self.output), _text(self._errors))

    def close(self) -> None:
        """End it if it still runs and give its files back."""
        self._child.end(grace=0.0)
        self.close_files()

    def close_files(self) -> None:
        self.output.close()
        if self._errors is not None:
            self._errors.close()


def run(request: Request, limit: float, *, merged: bool = False) -> Outcome:
    """Run a command to its end, at most ``limit`` seconds. Raises `CannotStart`."""
    process = Run(request, limit, merged=merged)
    try:
        return process.wait()
    finally:
        process.close()


def drain(descriptor: int, limit: int) -> bytes:
    """What can be read now without waiting, at most ``limit`` bytes."""
    chunks: list[bytes] = []
    while limit > 0:
        try:
            chunk = os.read(descriptor, min(CHUNK, limit))
        except BlockingIOError:
            break
        if not chunk:
            break
        chunks.append(chunk)
        limit -= len(chunk)
    return b"".join(chunks)


def _text(file: IO[bytes] | None, limit: int = 1_000_000) -> str:
    """The end of what was printed, as far as it is not too long."""
    if file is None:
        return ""
    begin = max(0, os.fstat(file.fileno()).st_size - limit)
    return os.pread(file.fileno(), limit, begin).decode(errors="replace")


def _why_not(request: Request, error: Exception) -> str:
    command = request.argv[0] if request.argv else ""
    if not request.cwd.is_dir():
        return f"{request} cannot be started: the folder {request.cwd} does not exist"
    if isinstance(error, FileNotFoundError):
        return f"{request} cannot be started: {command} was not found; install it or correct [stack.command]"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{request} cannot be started: {reason}"
