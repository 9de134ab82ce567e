"""Which process a pid really names: a pid alone may be a stranger's by now."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

LINUX = sys.platform == "linux"
LOOK_EVERY = 0.02  # seconds between two looks at a process that is to end


class Proc(NamedTuple):
    """A process: its pid, and when it started as the system tells it, so that a reused pid never passes."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Proc:
        """The process that has this pid now; ``started`` is empty when there is none."""
        return cls(pid, start_of(pid))

    @property
    def alive(self) -> bool:
        """Whether this very process still runs. A zombie does not."""
        return bool(self.started) and start_of(self.pid) == self.started

    def wait(self, seconds: float) -> bool:
        """Wait for its end, that long at most; whether it has ended."""
        deadline = time.monotonic() + seconds
        while self.alive and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
        return not self.alive

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to this process and to no other; False when it is gone or may not be signalled."""
        # The handle is taken before the look, so that the pid cannot change hands in between.
        handle = handle_of(self.pid)
        try:
            if not self.alive:
                return False
            if handle is not None:
                signal.pidfd_send_signal(handle, number)
            else:
                os.kill(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        finally:
            if handle is not None:
                os.close(handle)
        return True


def handle_of(pid: int) -> int | None:
    """A file descriptor that stands for the process and becomes readable when it ends; None without it."""
    if not LINUX:
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # it is gone, or this kernel is older than pidfds
        return None


def start_of(pid: int) -> str:
    """When the process with this pid started, as an opaque word; empty when there is none, or a zombie."""
    if not LINUX:
        return _start_by_psutil(pid)
    ticks = _start_ticks(pid)
    return "" if ticks is None else f"{_boot()}/{ticks}"


def age_of(pid: int) -> float:
    """For how many seconds the process with this pid has run; 0 when there is none, or nobody can tell exactly."""
    ticks = _start_ticks(pid) if LINUX else None
    if ticks is None:
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))


def _start_ticks(pid: int) -> int | None:
    """When it started, in clock ticks since the kernel did; None when there is no such process, or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The second field is the program's name in brackets and may itself hold blanks and brackets.
    state, *rest = stat.rpartition(b")")[2].split()
    return None if state in b"ZX" else int(rest[18])


@cache
def _boot() -> str:
    """Which run of the kernel this is: start times count from its beginning."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # some sandboxes do not have it
        return "boot"


def _start_by_psutil(pid: int) -> str:
    import psutil

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else repr(process.create_time())
    except psutil.Error:
        return ""
