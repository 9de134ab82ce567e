"""One sync at a time: a lock between any number of pytest runs, terminals and agents.

The lock is the kernel's (``flock``): it goes with its holder, so a killed one never blocks the next. A note
beside it says who holds it, for those who wait.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.machine import refusal

POLL = 0.05  # seconds between two tries


class SyncLock:
    """``with``-less on purpose: `acquire` is a generator, so that whoever waits can say for whom.

    The folder is the project's state, and ``name`` the lock's file within it. ``what`` is what others are told
    of its holder; by default its program.
    """

    def __init__(
        self, folder: Path, sleep: Callable[[float], None] = time.sleep, *, name: str = "lock", what: str = ""
    ) -> None:
        self._folder = folder
        self._path = folder / name
        self._note = folder / f"{name}.holder.json"
        self._sleep = sleep
        self._what = what
        self._lock: object | None = None

    def acquire(self, patience: float = 0.0) -> Generator[str, None, None]:
        """Yield who holds the lock each time that changes, once ``patience`` seconds are over; ends when it is ours."""
        from filelock import FileLock, Timeout

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _hide_from_git(self._folder)
            lock = FileLock(self._path, fallback_to_soft=False, thread_local=False)
            told, began = None, time.monotonic()
            while True:
                try:
                    lock.acquire(timeout=0)
                    break
                except Timeout:
                    if time.monotonic() - began >= patience and (holder := self._holder()) != told:
                        told = holder
                        yield holder
                self._sleep(POLL)
        except (OSError, NotImplementedError) as error:
            raise SyncguardError(f"cannot lock the project: {_why_not(error, self._path)}") from None
        self._lock = lock
        self._write_note()

    def other_holder(self) -> str:
        """Which other process holds the lock now, for those who only look; empty if none does."""
        try:
            pid = json.loads(self._note.read_text())["pid"]
            if pid == os.getpid():
                return ""
            os.kill(pid, 0)
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        return self._holder()

    def release(self) -> None:
        """Let the next one in. Does nothing when the lock is not held."""
        if self._lock is not None:
            with suppress(OSError):
                self._note.unlink(missing_ok=True)
            self._lock.release()  # type: ignore[attr-defined]
            self._lock = None

    def __enter__(self) -> SyncLock:
        for _ in self.acquire():
            pass
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def _write_note(self) -> None:
        note = {"pid": os.getpid(), "what": self._what or _program(), "since": time.time()}
        with suppress(OSError):  # the note is a courtesy; the lock itself is held
            self._note.write_text(json.dumps(note))

    def _holder(self) -> str:
        try:
            note = json.loads(self._note.read_text())
            since = time.strftime("%H:%M:%S", time.localtime(note["since"]))
            return f"pid {note['pid']} ({note['what']}), syncing since {since}"
        except (OSError, ValueError, KeyError):
            return "another sync"


def holder(state: Path) -> str:
    """Who holds the project's lock, for those who are about to wait; empty when nobody does. Never waits."""
    if not (state / "lock").exists():
        return ""
    lock = SyncLock(state)
    waiting = lock.acquire()
    try:
        return next(waiting, "")
    finally:
        waiting.close()
        lock.release()


def _why_not(error: OSError | NotImplementedError, path: Path) -> str:
    said = refusal(error, doing=str(path)) if isinstance(error, OSError) else ""
    return said or f"{path}: {error}: make the folder writable, or free space on its disk"


def _program() -> str:
    """What runs, without its arguments: those may hold what is nobody's business."""
    script = Path(sys.argv[0] if sys.argv and sys.argv[0] else "python")
    return script.parent.name if script.name == "__main__.py" else script.name


def _hide_from_git(folder: Path) -> None:
    """The state folder ignores itself: nobody has to be told not to commit it."""
    marker = folder / ".gitignore"
    if not marker.exists():
        marker.write_text("*\n")
