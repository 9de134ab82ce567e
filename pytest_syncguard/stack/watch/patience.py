"""A user's expression that would take for ever on some line is given up after a while, and told by name.

Python's `re` cannot be given a limit, but looks for signals while it matches: a timer that counts this process's own
computing ticks while a piece of a log is judged. In other threads than the main one there are no signals, and no limit.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pytest_syncguard.errors import SyncguardError

LIMIT: Final = 2.0  # seconds of computing for one piece of a log
TICK: Final = 0.25


class Patience:
    """Knows which expression is being tried, and for how long those of this piece have taken by now."""

    def __init__(self) -> None:
        self.trying = ""
        self._ticks = 0
        self._armed = False

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Within, expressions that take longer than `LIMIT` in all raise `SyncguardError`."""
        if self._armed or not self._hears():
            yield
            return
        self._ticks, self._armed = 0, True
        signal.setitimer(signal.ITIMER_VIRTUAL, TICK, TICK)
        try:
            yield
        finally:
            self._armed = False
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def _hears(self) -> bool:
        """Whether the signal is ours; once it is it stays so, for a tick may be on its way when the timer stops."""
        if threading.current_thread() is not threading.main_thread():
            return False
        if (now := signal.getsignal(signal.SIGVTALRM)) is signal.SIG_DFL:
            signal.signal(signal.SIGVTALRM, now := self._tick)
        return now == self._tick

    def _tick(self, number: int, frame: object) -> None:  # noqa: ARG002
        self._ticks += bool(self.trying)
        if self._armed and self.trying and self._ticks * TICK > LIMIT:
            pattern, self.trying = self.trying, ""
            raise SyncguardError(
                f"the pattern {pattern!r} takes longer than {LIMIT:g} s for a piece of the log: "
                "write it without a repetition of what repeats itself, such as (a+)+"
            )


PATIENCE: Final = Patience()
