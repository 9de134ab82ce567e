"""One server for each data file: two would keep different things in memory, and answer differently."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pytest_syncguard.errors import SyncguardError


class Hold:
    """Holds a data file for this server, from now to `release`.

    The lock is the kernel's, on a file beside it, and goes with its holder: a server that was killed blocks nobody.
    A note says who holds it. Raises `SyncguardError` if somebody does.
    """

    def __init__(self, data: Path) -> None:
        from filelock import FileLock, Timeout

        self._note = data.with_name(f"{data.name}.pid")
        self._lock = FileLock(data.with_name(f"{data.name}.lock"), fallback_to_soft=False, thread_local=False)
        if not data.parent.is_dir():  # which the lock would make; whoever opens the data tells it
            return
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            said = f"{data} is in use by another server{self._holder()}: end that, or name another file"
            raise SyncguardError(said) from None
        except (OSError, NotImplementedError) as error:
            why = (getattr(error, "strerror", "") or str(error)).lower()
            raise SyncguardError(f"cannot lock {data}: {why}: name a file in a folder that can be written to") from None
        with suppress(OSError):  # the note is a courtesy; the lock itself is held
            self._note.write_text(str(os.getpid()))

    def release(self) -> None:
        """Let others have it; does nothing a second time."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()

    def _holder(self) -> str:
        try:
            return f" (pid {int(self._note.read_text())})"
        except (OSError, ValueError):  # it has just begun
            return ""
