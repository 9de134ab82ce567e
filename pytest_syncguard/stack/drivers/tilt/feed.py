"""One reader of Tilt's log and one of its resources, shared by all stages of a sync."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from pytest_syncguard.stack.drivers.base import DriverUnavailable
from pytest_syncguard.stack.drivers.tilt.book import BuildBook
from pytest_syncguard.stack.drivers.tilt.client import TiltClient
from pytest_syncguard.stack.drivers.tilt.resource import Resource


class Feed:
    """What Tilt says, as it says it. The log is read from its start, so that no line is missed between the
    start of the reader and a trigger; the books tell the builds apart.
    """

    def __init__(
        self, client: TiltClient, resources: dict[str, Resource], names: Sequence[str], *, background: bool = False
    ) -> None:
        self._background = background
        self._asking: Thread | None = None
        self._answers: SimpleQueue[dict[str, Resource]] = SimpleQueue()
        self.resources = dict(resources)
        self.asked_at = float("-inf")
        self._client = client
        self._log = client.follow(names)
        self._watch = client.watch()
        self.books = {name: BuildBook(service=resources[name].compose) for name in names}

    @property
    def ended(self) -> bool:
        """Tilt is gone: both readers end when it dies, and neither ends before."""
        return self._log.ended or self._watch.ended

    @property
    def behind(self) -> bool:
        """More of the log has arrived than was read."""
        return self._log.behind

    def pump(self) -> None:
        """Take what has arrived; never blocks. States before lines: a state that is older than the lines
        beside it only delays, one that is newer could call a build done before its errors are read.
        """
        self._take(self._watch.read())
        while not self._answers.empty():
            self._take(self._answers.get().values())
        for entry in self._log.read():
            if book := self.books.get(entry.resource):
                book.add((entry,))

    def refresh(self, now: float) -> None:
        """Ask for all resources, in case the watcher was not told of a change; a later `pump` has the answer."""
        self.asked_at = now
        if self._background:
            if self._asking is None or not self._asking.is_alive():  # a slow Tilt is not asked twice at once
                self._asking = Thread(target=self._ask, daemon=True)
                self._asking.start()
        else:
            self._ask()

    def _ask(self) -> None:
        with suppress(DriverUnavailable):  # if Tilt is gone, the readers end
            self._answers.put(self._client.resources())

    def _take(self, resources: Iterable[Resource]) -> None:
        """Keep the newest of each: a watcher begins with lists that may be older than what is known."""
        for resource in resources:
            known = self.resources.get(resource.name)
            if known is None or resource.version >= known.version:
                self.resources[resource.name] = resource

    def close(self) -> None:
        self._log.close()
        self._watch.close()
