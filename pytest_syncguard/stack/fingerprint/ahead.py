"""Git's look at the work tree, begun before anybody knows which sources matter.

Git and the imports of a starting process take about the same time, and side by side they take it once. Whoever
starts a process that will want fingerprints calls `begin` first of all; the first `Fingerprinter` of the same
folder takes over what was begun, if it is not too old by then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.git import Git
from pytest_syncguard.stack.fingerprint.place import Asked, Place
from pytest_syncguard.stack.promise import Promise

_begun: dict[Path, Ahead] = {}


@dataclass(frozen=True, slots=True)
class Begun:
    """A repository, and what git was asked about it."""

    place: Place
    asked: Asked


class Ahead:
    """A look that is on its way; ``since`` is when it began, by the monotonic clock."""

    def __init__(self, root: Path) -> None:
        self.git = Git()
        self._root = root
        self._begun = Promise(self._begin)
        self.since = self._begun.since

    def result(self) -> Begun | None:
        """What was begun; None where git could not begin: whoever looks in earnest finds why, and tells it."""
        return self._begun.result()

    def close(self) -> None:
        """End it: nobody wants it any more."""
        self.git.close()
        self._begun.wait()
        self.git.abandon()

    def _begin(self) -> Begun | None:
        try:
            place = Place.find(self.git, self._root, b"") if self.git.installed else None
            return Begun(place, place.ask()) if place else None
        except FingerprintError:
            return None


def begin(root: Path) -> Callable[[], None]:
    """Begin to look at a project; what is returned ends it. Whoever took it over has closed by then."""
    root = root.resolve()
    _begun[root] = ahead = Ahead(root)

    def end() -> None:
        if _begun.get(root) is ahead:
            del _begun[root]
        ahead.close()

    return end


def take_over(root: Path) -> Ahead | None:
    """What was begun for this folder; from now on it is the caller's."""
    return _begun.pop(root, None)
