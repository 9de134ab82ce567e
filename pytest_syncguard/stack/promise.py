"""An answer that is on its way while its caller does something else."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")
THREAD = "syncguard"  # the name of each thread that works for us


class Promise(Generic[T]):
    """Runs ``work`` in the background. Costs less to import than an executor, and nobody has to close it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.since = time.monotonic()
        self._work = work
        self._value: T
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name=THREAD, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether `result` returns at once."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Until it has ended, in whatever way."""
        self._thread.join()

    def result(self) -> T:
        """What it came to, once it ends; raises what it raised."""
        self.wait()
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            self._error = error
