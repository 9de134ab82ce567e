"""Which processors a child may use. Git looks at files with twenty threads, which leave a process that shares its
processors with them a twentieth of the time; a lower priority would help, and could never be raised again.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

TASKS = "/proc/{pid}/task"  # a folder for each thread


def leave_one(pid: int) -> None:
    """Keep a child, and the threads that it will start, off one of our processors; where there is one it stays."""
    if sys.platform == "linux":
        ours = os.sched_getaffinity(0)
        with suppress(OSError):  # it has ended
            os.sched_setaffinity(pid, sorted(ours)[1:] or ours)


def take_all(pid: int) -> None:
    """Let a child and all its threads run where we may."""
    if sys.platform == "linux":
        ours = os.sched_getaffinity(0)
        with suppress(OSError):  # it has ended, or a thread of it
            os.sched_setaffinity(pid, ours)  # first: threads that start from now on have it from there
            for thread in Path(TASKS.format(pid=pid)).iterdir():
                os.sched_setaffinity(int(thread.name), ours)
