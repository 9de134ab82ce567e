"""What a file in the work tree holds, as git would name it without any filter, and a memory of it.

The memory spares the reading of a file whose size, times and inode are those of the last reading. A file
that changed within the two seconds before it was read is not remembered: another change could leave no trace.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from typing import Final

from pytest_syncguard.stack.fingerprint.errors import FingerprintError, shown
from pytest_syncguard.stack.fingerprint.tally import State

REGULAR, EXECUTABLE, SYMLINK = 0o100644, 0o100755, 0o120000
FRESH_NS: Final = 2_000_000_000
CHUNK: Final = 1 << 20
ATTEMPTS: Final = 3

Signature = list[int]
Remembered = dict[str, tuple[Signature, str]]


def key(path: bytes) -> str:
    """A path as text that JSON keeps, byte for byte."""
    return path.decode("utf-8", "surrogateescape")


def unkey(text: str) -> bytes:
    """The path that `key` made this text of."""
    return text.encode("utf-8", "surrogateescape")


def signature(found: os.stat_result) -> Signature:
    """What stays the same only if the content does."""
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def fresh(found: os.stat_result, now_ns: int) -> bool:
    """Whether the file changed so lately that its times may not tell of the next change."""
    return since(max(found.st_mtime_ns, found.st_ctime_ns), now_ns)


def since(changed_ns: int, now_ns: int) -> bool:
    """Whether this time of a change is so near that another change could have the same."""
    return changed_ns > now_ns - FRESH_NS


class Files:
    """Looks at files below ``root`` (bytes paths relative to it). One for each look at the sources."""

    def __init__(self, root: bytes, remembered: Remembered) -> None:
        self._base = root.rstrip(b"/") + b"/"
        self._old = remembered
        self.remembered: Remembered = {}
        self._real: dict[bytes, bool] = {b"": True}

    def full(self, path: bytes) -> bytes:
        """Where the file lies."""
        return self._base + path

    def real(self, folder: bytes) -> bool:
        """Whether this is a folder that is reached without following a link."""
        known = self._real.get(folder)
        if known is None:
            known = self.real(folder.rpartition(b"/")[0]) and stat.S_ISDIR(self._mode(folder))
            self._real[folder] = known
        return known

    def state(self, path: bytes, algorithm: str) -> State | None:
        """Mode and blob id of the file or link at ``path``; None when there is neither."""
        if not self.real(path.rpartition(b"/")[0]):
            return None
        for attempt in range(ATTEMPTS):
            try:
                return self._look(path, algorithm)
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.EAGAIN):
                    raise self.unreadable(path, error) from None
                time.sleep(0.02 * attempt)  # it became a link or is being written: look again
        raise FingerprintError(
            f"{shown(path)} changes while it is read; wait until nobody writes it, or let git ignore it"
        )

    def unreadable(self, path: bytes, error: OSError) -> FingerprintError:
        """One line about a file or folder that cannot be looked at, with the cure."""
        return FingerprintError(
            f"cannot read {shown(path) or '.'}: {error.strerror}; "
            f"make it readable (chmod u+r), or keep it out of sources and let git ignore it"
        )

    def _mode(self, path: bytes) -> int:
        try:
            return os.lstat(self.full(path)).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return 0
        except OSError as error:
            raise self.unreadable(path, error) from None

    def _look(self, path: bytes, algorithm: str) -> State | None:
        found = os.lstat(self.full(path))
        if stat.S_ISLNK(found.st_mode):
            target = os.readlink(self.full(path))  # noqa: PTH115 - a Path has no bytes
            return SYMLINK, _blob(algorithm, target)
        if not stat.S_ISREG(found.st_mode):
            return None
        mode = EXECUTABLE if found.st_mode & stat.S_IXUSR else REGULAR
        name, marks = f"{algorithm}:{key(path)}", signature(found)
        old = self._old.get(name)
        if old is not None and old[0] == marks:
            self.remembered[name] = old
            return mode, bytes.fromhex(old[1])
        return mode, self._read(path, name, marks, algorithm)

    def _read(self, path: bytes, name: str, marks: Signature, algorithm: str) -> bytes:
        now_ns = time.time_ns()
        # A pipe that took the file's place must not block, a link that did must not be followed.
        handle = os.open(self.full(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb", buffering=0) as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise OSError(errno.EAGAIN, "not a file any more")
            hasher = hashlib.new(algorithm, b"blob %d\0" % before.st_size, usedforsecurity=False)
            size = 0
            while chunk := file.read(CHUNK):
                hasher.update(chunk)
                size += len(chunk)
            after = os.fstat(handle)
        if size != before.st_size or signature(before) != signature(after):
            raise OSError(errno.EAGAIN, "changed while it was read")
        if signature(before) == marks and not fresh(before, now_ns):
            self.remembered[name] = marks, hasher.hexdigest()
        return hasher.digest()


def _blob(algorithm: str, data: bytes) -> bytes:
    return hashlib.new(algorithm, b"blob %d\0%b" % (len(data), data), usedforsecurity=False).digest()
