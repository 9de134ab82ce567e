"""Git's look at the work tree, begun before anybody knows which sources matter.

Git and the imports of a starting process take about the same time, and side by side they take it once. Whoever
starts a process that will want fingerprints calls `begin` first of all; the first `Fingerprinter` of the same
folder takes over what was begun, if it is not too old by then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.git import Git
from pytest_syncguard.stack.fingerprint.place import Asked, Place

_begun: dict[Path, Ahead] = {}


@dataclass(frozen=True, slots=True)
class Begun:
    """A repository, and what git was asked about it."""

    place: Place
    asked: Asked


class Ahead(threading.Thread):
    """A look that is on its way; ``since`` is when it began, by the monotonic clock."""

    def __init__(self, root: Path, git: Git) -> None:
        super().__init__(name="syncguard-ahead", daemon=True)
        self.since = time.monotonic()
        self.git = git
        self._root = root
        self._found: Begun | None = None
        self.start()

    def run(self) -> None:
        try:
            if self.git.installed and (place := Place.find(self.git, self._root, b"")):
                self._found = Begun(place, place.ask())
        except FingerprintError:  # whoever looks in earnest finds the same, and tells it
            self._found = None

    def result(self) -> Begun | None:
        """What was begun; None where git could not begin."""
        self.join()
        return self._found


def begin(root: Path) -> Callable[[], None]:
    """Begin to look at a project; what is returned ends it, if nobody took it over."""
    root = root.resolve()
    _begun[root] = ahead = Ahead(root, Git())

    def end() -> None:
        if _begun.get(root) is ahead:
            del _begun[root]
            ahead.git.close()
            ahead.join()
            ahead.git.abandon()

    return end


def take_over(root: Path) -> Ahead | None:
    """What was begun for this folder; from now on it is the caller's."""
    return _begun.pop(root, None)
