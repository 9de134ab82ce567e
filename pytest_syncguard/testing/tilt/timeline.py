"""Time for the engine: a queue of what is due, moved on by a test or by the real clock."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count


class Timeline:
    """Actions in the order of their time. ``now`` is in seconds since the timeline was made."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    @property
    def next_due(self) -> float | None:
        """When the next action is due, or None."""
        return self._due[0][0] if self._due else None

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do this so many seconds from now."""
        heapq.heappush(self._due, (self.now + seconds, next(self._order), action))

    def run_to(self, moment: float) -> None:
        """Do all that is due until then, each at its time, and be there."""
        while self._due and self._due[0][0] <= moment:
            self.now, _, action = heapq.heappop(self._due)
            action()
        self.now = max(self.now, moment)

    def clear(self) -> None:
        """Forget all that was due."""
        self._due.clear()


class Clock:
    """A timeline, the lock under which it moves, and what moves it: real time, or whoever holds the lock."""

    def __init__(self, *, realtime: bool) -> None:
        self.timeline = Timeline()
        self.condition = threading.Condition(threading.RLock())
        self._realtime = realtime
        self._began = time.time()

    @contextmanager
    def now(self) -> Iterator[None]:
        """Hold everything still at the present moment."""
        with self.condition:
            self._catch_up()
            due = self.timeline.next_due
            yield
            if self.timeline.next_due != due:  # `run` sleeps until what was due before
                self.condition.notify_all()

    def run(self, wanted: Callable[[], bool]) -> None:
        """Let time pass by itself for as long as it is wanted (real time)."""
        with self.condition:
            while wanted():
                self._catch_up()
                if not wanted():
                    return
                due = self.timeline.next_due
                self.condition.wait(None if due is None else max(0.0, due - self._elapsed()))

    def stamp(self) -> str:
        """The present moment as Tilt writes it: RFC 3339 with microseconds."""
        moment = datetime.fromtimestamp(self._began + self.timeline.now, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _elapsed(self) -> float:
        return time.time() - self._began

    def _catch_up(self) -> None:
        if self._realtime:
            self.timeline.run_to(self._elapsed())
