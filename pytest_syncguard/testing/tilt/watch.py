"""What one ``tilt get uiresource -w`` still has to print."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from pytest_syncguard.testing.tilt.documents import Json


class Watch:
    """Documents in the order of their changes, for one resource or (``name`` empty) all.

    ``every`` in seconds: changes of one resource that lie closer together reach the watcher as one.
    """

    def __init__(self, name: str, first: Iterable[Json], every: float) -> None:
        self.name = name
        self._every = every
        self._queue: deque[tuple[float, Json]] = deque((-1.0 - every, document) for document in first)

    def put(self, now: float, document: Json) -> None:
        """A resource changed. ``now`` in seconds on the engine's timeline."""
        if self.name in {"", document["metadata"]["name"]}:
            self._queue.append((now, document))

    def take(self, now: float) -> list[Json]:
        """All that is to be printed by now."""
        ready: list[Json] = []
        while self._queue and self._queue[0][0] + self._every <= now:
            start, first = self._queue.popleft()
            if self._every and start >= 0:
                first = self._latest(start, first)
            ready.append(first)
        return ready

    def wait(self, now: float) -> float | None:
        """Seconds until something is to be printed; None when nothing is known."""
        return max(0.0, self._queue[0][0] + self._every - now) if self._queue else None

    def _latest(self, start: float, document: Json) -> Json:
        """The last state of the document's resource within the window; the others stay queued."""
        name = document["metadata"]["name"]
        rest: deque[tuple[float, Json]] = deque()
        for moment, other in self._queue:
            if other["metadata"]["name"] == name and moment <= start + self._every:
                document = other
            else:
                rest.append((moment, other))
        self._queue = rest
        return document
