"""Whether this process itself wrote into the project, or started another that may: by Python's audit events.

A look at the sources that was begun early is worth its time only if nothing was written since. What other programs
do within that second is their race; what this very process does on its way to the first test, such as a conftest
or a test module that generates code, happens in each run, and must be seen in each.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pytest_syncguard.stack.promise import THREAD

WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events that change files, and how many folders that are open they name at the end.
CHANGES: Final = {
    **dict.fromkeys(("os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.chmod"), 1),
    **dict.fromkeys(("os.rename", "os.link"), 2),
    **dict.fromkeys(("os.truncate", "shutil.rmtree", "shutil.move", "sqlite3.connect"), 0),
}
STARTS: Final = frozenset(
    {
        *("subprocess.Popen", "os.system", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.exec"),
        "pty.spawn",
    }
)
# Starts processes and tells no audit event of it.
UNHEARD: Final = ("multiprocessing.popen_spawn_posix", "multiprocessing.popen_forkserver")
HARMLESS: Final = frozenset({"uname"})  # what the platform module asks, for the header of many a plugin
OWN: Final = frozenset({"__pycache__", ".pytest_cache", ".syncguard"})  # folders whose files are nobody's sources


class Witness:
    """Listens from when it is made until `dismiss`; an audit hook cannot be taken away, but it can fall silent.

    ``saw`` is the first event that counts, empty as long as there is none. What native code writes is not heard.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._listens = True
        self.saw = ""
        sys.addaudithook(self._hear)

    def dismiss(self) -> None:
        """Whatever happens from now on does not count."""
        self._listens = False

    def spawned(self) -> bool:
        """Whether this process can have started others that nobody heard of."""
        return any(name in sys.modules for name in UNHEARD)

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if self._listens and not self.saw and self._counts(event, args):
            self.saw = event

    def _counts(self, event: str, args: tuple[object, ...]) -> bool:
        if event == "open":
            return _writes(args) and self._inside(args[:1])
        if event in STARTS:
            harmless = event == "subprocess.Popen" and args[0] in HARMLESS
            return not harmless and threading.current_thread().name != THREAD  # git, which looks for us
        if (folders := CHANGES.get(event)) is None:
            return False
        open_folders = args[len(args) - folders :]
        return any(isinstance(each, int) and each >= 0 for each in open_folders) or self._inside(args[:2])

    def _inside(self, paths: Iterable[object]) -> bool:
        """Whether one of them lies in the project; a descriptor was opened before, and heard then."""
        for path in paths:
            if isinstance(path, str | bytes | os.PathLike):
                full = os.path.realpath(os.fsdecode(path))
                below = full.removeprefix(self._root)
                if below != full and below[:1] in ("", os.sep) and OWN.isdisjoint(Path(below).parts):
                    return True
        return False


def _writes(args: tuple[object, ...]) -> bool:
    _, mode, flags = args
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & WRITES)
