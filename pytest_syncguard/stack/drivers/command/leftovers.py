"""Commands of a run that was killed: they go on without it, and must be ended before the next trigger."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.stack.drivers.command.child import GRACE, end_tree
from pytest_syncguard.stack.drivers.identity import Proc


class Leftovers:
    """A file with the process id and the start of each command that a stage's attempt has started."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, pid: int) -> None:
        """Remember a command that has just been started."""
        process = Proc.of(pid)
        if process.started:
            with contextlib.suppress(OSError), self._path.open("a") as file:
                file.write(f"{process.pid} {process.started}\n")

    def end(self) -> None:
        """End those that still run; a process that merely has the same id is left alone.

        They are forgotten once they have ended, and not before: a run that is killed here leaves them to the next.
        """
        noted = self._noted()
        for process in noted:
            if process.alive:
                end_tree(process.pid, GRACE)
                process.wait(GRACE)
        if left := [process.pid for process in noted if process.alive]:
            pids = ", ".join(map(str, left))
            raise SyncguardError(f"commands of a sync that was killed still run and cannot be ended: end pid {pids}")
        self.forget()

    def forget(self) -> None:
        """All have ended."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _noted(self) -> list[Proc]:
        try:
            lines = [line.split() for line in self._path.read_text().splitlines()]
        except (OSError, ValueError):
            return []
        return [Proc(int(line[0]), line[1]) for line in lines if len(line) == 2 and line[0].isdigit()]
