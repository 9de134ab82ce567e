"""Time for the engine: a queue of what is due, moved on by a test or by the real clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
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
