"""What the index alone says of a repository: tallies of all that git itself would notice a change of.

Git takes a file for unchanged when its stat data are those in the index. That is not enough for us in these
cases, and such entries are watched, that is, looked at by ourselves every time:

- flagged assume-unchanged or skip-worktree, in conflict, only intended to be added: git does not look;
- stat data that differ in nanoseconds, or a file that changed in this very second: git compares seconds, so a
  second change within the same one may escape it;
- a file that is not, byte for byte, what the index names: line ends, encodings and filters were converted.

All of it is worked out once for each state of the index and then remembered.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_syncguard.stack.fingerprint.content import SYMLINK, Files, fresh, key, unkey
from pytest_syncguard.stack.fingerprint.index import GITLINK, Entry
from pytest_syncguard.stack.fingerprint.place import Place
from pytest_syncguard.stack.fingerprint.sources import Selection
from pytest_syncguard.stack.fingerprint.tally import State, Tally, weight
from pytest_syncguard.stack.fingerprint.untracked import parents

MANY_FRESH: Final = 256
LOW: Final = 0xFFFFFFFF  # the index keeps sizes and inodes modulo 2**32
SECOND: Final = 1_000_000_000


@dataclass(slots=True)
class Base:
    """``tallies``: one a selection. ``watched``: the entries to look at, and what the index says they hold.

    ``links``: submodules and the commits they should be at. ``symlinks``: symbolic links. ``again_at``: when to work
    it out anew (seconds since the epoch; 0: never), because many files are watched only for having changed just now.
    ``folders``: those of the entries, if they were worked out just now.
    """

    tallies: list[Tally]
    entries: int
    watched: dict[bytes, State | None] = field(default_factory=dict)
    links: dict[bytes, bytes] = field(default_factory=dict)
    symlinks: list[bytes] = field(default_factory=list)
    again_at: float = 0.0
    folders: Collection[bytes] | None = None

    def dump(self, identity: str) -> dict[str, Any]:
        """As JSON values, with the identity for which it holds."""
        watched = {key(path): state and [state[0], state[1].hex()] for path, state in self.watched.items()}
        return {
            "identity": identity,
            "tallies": [[f"{tally.total:x}", tally.files, list(tally.hits)] for tally in self.tallies],
            "entries": self.entries,
            "watched": watched,
            "links": {key(path): commit.hex() for path, commit in self.links.items()},
            "symlinks": [key(path) for path in self.symlinks],
            "again_at": self.again_at,
        }

    @classmethod
    def load(cls, data: dict[str, Any] | None, identity: str) -> Base | None:
        """What was dumped for this identity; None when it was for another, or when it is due anew."""
        if data is None or data["identity"] != identity or 0 < data["again_at"] <= time.time():
            return None
        return cls(
            [Tally(int(total, 16), files, tuple(hits)) for total, files, hits in data["tallies"]],
            data["entries"],
            {unkey(p): s and (s[0], bytes.fromhex(s[1])) for p, s in data["watched"].items()},
            {unkey(p): bytes.fromhex(commit) for p, commit in data["links"].items()},
            [unkey(p) for p in data["symlinks"]],
            data["again_at"],
        )


def scope(identity: str, place: Place, sources: Sequence[tuple[str, ...]]) -> str:
    """The identity of a base: of the index, of the folder in it, and of what is selected."""
    return json.dumps([identity, key(place.inner), sources])


def inventory(place: Place) -> dict[bytes, State]:
    """Every file that the index names below the place, by its path in the project."""
    return {
        place.prefix + entry.path: (entry.mode, entry.blob)
        for entry in place.entries()
        if entry.content and entry.mode != GITLINK
    }


def compute(
    place: Place, selections: Sequence[Selection], files: Files, trusted: set[bytes]
) -> tuple[Base, set[bytes]]:
    """Read the index, look once at every file that is not trusted yet, and sum up.

    ``trusted`` and what is returned beside the base: marks of entries that git can be trusted with. As long as
    the index says the same of a file, that stays so: every later change of it has another time.
    """
    entries = place.entries()
    marked = {entry.mark: entry for entry in entries if entry.mode != GITLINK}
    suspects = [entry for mark, entry in marked.items() if mark not in trusted]
    sizing, converting = place.sizes(suspects), place.converted()  # both run while the weights are summed
    kept = [entry for entry in entries if entry.content and entry.mode != GITLINK]
    paths = [place.prefix + entry.path for entry in kept]
    weights = [weight(path, entry.mode, entry.blob) for path, entry in zip(paths, kept, strict=True)]
    base = Base([Tally.of(selection, paths, weights) for selection in selections], len(entries))
    base.links = {entry.path: entry.blob for entry in entries if entry.mode == GITLINK and entry.content}
    base.symlinks = [entry.path for entry in kept if entry.mode == SYMLINK]
    base.folders = parents(entry.path for entry in entries)
    base.watched, many = _watch(suspects, place, files, sizing(), converting())
    base.again_at = time.time() + 3 if many else 0.0
    return base, {mark for mark, entry in marked.items() if entry.path not in base.watched}


def _watch(
    entries: Iterable[Entry], place: Place, files: Files, sizes: dict[bytes, int], converted: set[bytes]
) -> tuple[dict[bytes, State | None], bool]:
    """The entries that git alone cannot be trusted with, and whether many of them are only too fresh."""
    watched: dict[bytes, State | None] = {}
    base, now_ns, young = files.full(place.prefix), time.time_ns(), 0
    for entry in entries:
        state = (entry.mode, entry.blob) if entry.content else None
        try:
            found = os.lstat(base + entry.path) if entry.plain else None
        except OSError:  # gone, or not to be reached: whoever looks at what is watched tells which
            found = None
        if found is None:
            watched[entry.path] = state
        elif fresh(found, now_ns):
            watched[entry.path] = state
            young += 1
        elif _exact(entry, found) and sizes.get(entry.blob) == entry.size and entry.path not in converted:
            continue
        elif not (_noticed(entry, found) and files.state(place.prefix + entry.path, place.algorithm) == state):
            watched[entry.path] = state
    return watched, young > MANY_FRESH


def _exact(entry: Entry, found: os.stat_result) -> bool:
    return (
        found.st_mtime_ns == entry.mtime_ns
        and found.st_ctime_ns == entry.ctime_ns
        and found.st_size & LOW == entry.size
        and found.st_ino & LOW == entry.ino
    )


def _noticed(entry: Entry, found: os.stat_result) -> bool:
    """Whether git sees the entry's stat data in the file as it is, and so would see the next change of it."""
    return (
        found.st_mtime_ns // SECOND == entry.mtime_ns // SECOND
        and found.st_ctime_ns // SECOND == entry.ctime_ns // SECOND
        and found.st_size & LOW == entry.size
        and found.st_ino & LOW == entry.ino
    )
