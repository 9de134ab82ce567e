"""A process on its own pseudo-terminal, so that it writes its lines as soon as it has them."""

from __future__ import annotations

import ctypes
import os
import select
import shlex
import signal
import sys
import termios
import time
from pathlib import Path

import pexpect

from pytest_syncguard.machine import refusal
from pytest_syncguard.stack.drivers.identity import Proc

ROWS, COLUMNS = 50, 500  # wide, so that no tool cuts or folds the line that matters
PIECE = 1 << 16
LAST_WORDS = 2.0  # seconds for which a dead process's terminal is read while others still write to it
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


class Log:
    """The file that output goes to. The first failure to write is kept in ``fault``; the rest is dropped."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self.path = path
        self.size = 0
        self.fault = ""

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self.fault:
            try:
                written = os.write(self._handle, view)
            except OSError as error:
                why = refusal(error, doing=self.path) or f"{self.path}: {error.strerror}"
                self.fault = f"cannot write the log {why}"
                return
            self.size += written
            view = view[written:]


class Child:
    """A started process. ``code`` is its exit code once it has ended, negative for a signal.

    Raises `OSError` when the program cannot be run.
    """

    def __init__(self, program: str, argv: list[str], cwd: Path, env: dict[str, str], *, asks: bool) -> None:
        """``asks``: whether its standard input is the terminal; if not, a question finds no one and fails."""
        keeper = os.getpid()
        self._process = pexpect.spawn(
            # Without arguments pexpect takes the program for a whole command line.
            program if argv[1:] else shlex.quote(program),
            argv[1:],
            cwd=str(cwd),
            env=env,
            echo=False,
            preexec_fn=lambda: _prepare(keeper, asks),
            dimensions=(ROWS, COLUMNS),
        )
        self._process.ptyproc.delayafterclose = 0
        self._terminal: int = self._process.child_fd
        self.proc = Proc.of(self._process.pid)
        self._open = True

    @property
    def handle(self) -> int | None:
        """What to wait on for output; None when the terminal has ended."""
        return self._terminal if self._open else None

    @property
    def code(self) -> int | None:
        if self._process.isalive():
            return None
        if self._process.signalstatus is not None:
            return -int(self._process.signalstatus)
        return int(self._process.exitstatus)

    def copy(self, log: Log) -> bool:
        """Move one piece of output that is there; False when there is none just now."""
        if not self._open or not select.select([self._terminal], [], [], 0)[0]:
            return False
        try:
            data = os.read(self._terminal, PIECE)
        except OSError:  # the terminal's other side is closed: Linux says EIO where others say nothing
            data = b""
        self._open = bool(data)
        log.write(data)
        return bool(data)

    def drain(self, log: Log) -> None:
        """Move all that a process that has ended still had to say."""
        deadline = time.monotonic() + LAST_WORDS
        while self.copy(log) and time.monotonic() < deadline:
            pass

    def close(self) -> None:
        """Let go of the terminal of a process that has ended."""
        self._open = False
        self._process.close(force=False)


def _prepare(keeper: int, asks: bool) -> None:
    """Runs in the child before its program: no helper of ours, no setting of the caller's, shines through."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(1)
    mode = termios.tcgetattr(1)
    mode[1] &= ~termios.OPOST  # output stays as it was written: no "\r" before "\n"
    termios.tcsetattr(1, termios.TCSANOW, mode)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if not asks:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
