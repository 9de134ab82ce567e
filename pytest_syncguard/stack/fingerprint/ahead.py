"""Git's look at the work tree, begun before anybody knows which sources matter.

Git and the imports of a starting process take about the same time, and side by side they take it once. Whoever
starts a process that will want fingerprints calls `begin` first of all; the first `Fingerprinter` of the same
folder takes over what was begun, if it is not too old by then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pytest_syncguard.stack.fingerprint.asked import Asked, ask
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.git import Git
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.place import Place

# Seconds that the start of a process waits at most for what git says at once; the look itself has its own limit.
PATIENCE = 2.0

_begun: dict[Path, Ahead] = {}


class Begun(NamedTuple):
    """A repository, and what git was asked about it."""

    place: Place
    asked: Asked


class Ahead:
    """A look that is on its way; ``since`` is when it began, by the monotonic clock.

    ``begun`` is None where git could not begin: whoever looks in earnest finds why, and tells it.
    """

    def __init__(self, root: Path, cache: Path | None) -> None:
        self.git = Git(PATIENCE)
        self.memory = Memory(cache)
        self.since = time.monotonic()
        self.begun = self._begin(root)

    def close(self) -> None:
        """End it: nobody wants it any more."""
        self.git.close()
        self.git.abandon()

    def _begin(self, root: Path) -> Begun | None:
        """Done here and now: a thread would have to wait for each turn beside one that imports."""
        try:
            place = Place.find(self.git, root, b"") if self.git.installed else None
            self.git.yielding = True
            return Begun(place, ask(place, self.memory)) if place else None
        except FingerprintError:
            self.git.abandon()
            return None
        finally:
            self.git.yielding = False


def begin(root: Path, cache: Path | None = None) -> Callable[[], None]:
    """Begin to look at a project; what is returned ends it. Whoever took it over has closed by then."""
    root = root.resolve()
    _begun[root] = ahead = Ahead(root, cache)

    def end() -> None:
        if _begun.get(root) is ahead:
            del _begun[root]
        ahead.close()

    return end


def take_over(root: Path) -> Ahead | None:
    """What was begun for this folder; from now on it is the caller's."""
    return _begun.pop(root, None)
