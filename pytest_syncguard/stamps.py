"""How folders and files stand, as far as their times and numbers tell; and whether a file system can be relied on
to tell it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

SECOND: Final = 1_000_000_000


class Stamps(NamedTuple):
    """``digest`` changes whenever one of the paths comes, goes or changes: a folder, when a name in it does.

    ``newest_ns``: when any of them changed last (since the epoch). ``devices``: where the folders among them lie.
    """

    digest: str
    newest_ns: int
    devices: frozenset[int]

    @classmethod
    def take(cls, root: bytes, paths: Iterable[bytes]) -> Stamps | None:
        """Of these paths, relative to ``root`` or absolute; links are followed. None where one cannot be looked at."""
        hasher, newest, devices = hashlib.blake2b(digest_size=16), 0, set()
        for path in paths:
            try:
                found = os.stat(os.path.join(root, path))  # noqa: PTH116, PTH118 - a Path has no bytes
            except (FileNotFoundError, NotADirectoryError):
                hasher.update(b"-\n")
                continue
            except OSError:
                return None
            facts = (found.st_dev, found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            hasher.update(b"%d %d %d %d %d %d\n" % facts)
            newest = max(newest, *facts[-2:])
            if stat.S_ISDIR(found.st_mode):
                devices.add(found.st_dev)
        return cls(hasher.hexdigest(), newest, frozenset(devices))


def keeps_times(folder: Path) -> bool:
    """Whether a folder's times change with each name in it, by a clock that is this machine's. Tried out there."""
    import tempfile  # costs more than all else here, and is needed when something changed

    with tempfile.TemporaryDirectory(dir=folder) as made:
        first, second = Path(made, "first"), Path(made, "second")
        for change in (first.touch, lambda: first.rename(second), second.unlink, first.mkdir, first.rmdir):
            os.utime(made, (1, 1))
            change()
            changed, now = Path(made).stat().st_mtime_ns, time.time_ns()
            if not now - SECOND < changed <= now:
                return False
    return True
