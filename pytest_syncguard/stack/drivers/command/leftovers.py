"""Commands of a run that was killed: they go on without it, and must be ended before the next trigger."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pytest_syncguard.stack.drivers.command.child import GRACE, end_tree


class Leftovers:
    """A file with the process id and the start time of each command that a stage's attempt has started."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, pid: int) -> None:
        """Remember a command that has just been started."""
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess, OSError):
            line = f"{pid} {psutil.Process(pid).create_time()!r}\n"
            with self._path.open("a") as file:
                file.write(line)

    def end(self) -> None:
        """End those that still run; a process that merely has the same id is left alone."""
        import psutil

        try:
            lines = self._path.read_text().splitlines()
        except OSError:
            return
        for line in lines:
            pid, _, started = line.partition(" ")
            with contextlib.suppress(psutil.NoSuchProcess, ValueError):
                if psutil.Process(int(pid)).create_time() == float(started):
                    end_tree(int(pid), GRACE)
        self.forget()

    def forget(self) -> None:
        """All have ended."""
        with contextlib.suppress(OSError):
            self._path.unlink()
