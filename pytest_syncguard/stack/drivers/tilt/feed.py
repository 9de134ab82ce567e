"""One reader of Tilt's log and one of its resources, shared by all stages of a sync."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_syncguard.stack.drivers.base import DriverUnavailable
from pytest_syncguard.stack.drivers.tilt.book import BuildBook
from pytest_syncguard.stack.drivers.tilt.client import EntryStream, ResourceStream, TiltClient
from pytest_syncguard.stack.drivers.tilt.resource import Resource
from pytest_syncguard.stack.promise import Promise


class Feed:
    """What Tilt says, as it says it, once `listen` was called. The log is read from its start, so that no line is
    missed that was written before; the books tell the builds apart.
    """

    def __init__(
        self, client: TiltClient, resources: dict[str, Resource], names: Sequence[str], *, background: bool = False
    ) -> None:
        self._background = background
        self._asking: Promise[dict[str, Resource]] | None = None
        self.resources = dict(resources)
        self.asked_at = float("-inf")
        self._client = client
        self._names = names
        self._log: EntryStream | None = None
        self._watch: ResourceStream | None = None
        self.books = {name: BuildBook(service=resources[name].compose) for name in names}

    def listen(self) -> None:
        """Start the readers, unless they run. After a trigger is early enough, and so they do not slow it down."""
        if self._log is None or self._watch is None:
            self._log = self._client.follow(self._names)
            self._watch = self._client.watch()

    @property
    def ended(self) -> bool:
        """Tilt is gone: both readers end when it dies, and neither ends before."""
        return any(reader is not None and reader.ended for reader in (self._log, self._watch))

    @property
    def behind(self) -> bool:
        """More of the log has arrived than was read."""
        return self._log is not None and self._log.behind

    def pump(self) -> None:
        """Take what has arrived; never blocks. States before lines: a state that is older than the lines
        beside it only delays, one that is newer could call a build done before its errors are read.
        """
        for resource in self._watch.read() if self._watch else ():
            known = self.resources.get(resource.name)
            if known is None or resource.version > known.version:  # of the same one, more may be known by asking
                self.resources[resource.name] = resource
        if self._asking is not None and self._asking.done:
            self._take(self._asking.result().values())
            self._asking = None
        for entry in self._log.read() if self._log else ():
            if book := self.books.get(entry.resource):
                book.add((entry,))

    def refresh(self, now: float) -> None:
        """Ask for all resources, in case the watcher was not told of a change; a later `pump` has the answer."""
        self.asked_at = now
        if not self._background:
            self._take(self._ask().values())
        elif self._asking is None:  # a slow Tilt is not asked twice at once
            self._asking = Promise(self._ask)

    def _ask(self) -> dict[str, Resource]:
        try:
            return self._client.resources()
        except DriverUnavailable:  # if Tilt is gone, the readers end
            return {}

    def _take(self, resources: Iterable[Resource]) -> None:
        """Keep the newest of each: a watcher begins with lists that may be older than what is known."""
        for resource in resources:
            known = self.resources.get(resource.name)
            if known is None or resource.version >= known.version:
                self.resources[resource.name] = resource

    def close(self) -> None:
        for reader in (self._log, self._watch):
            if reader is not None:
                reader.close()
