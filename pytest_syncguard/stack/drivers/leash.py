"""Commands that must not outlive whoever wants them, not even by a second after its SIGKILL.

`leashed` puts this file, run by itself, before a command. It starts the command, waits, and ends it together with
itself as soon as its standard input ends or its parent is another process: both happen when the one who holds the
other end of that pipe dies, in whatever way. Neither ``prctl`` (only Linux, and it goes by threads) nor code
between fork and exec (unsafe beside threads) is needed. Imports little, for it starts beside every follower.
"""

from __future__ import annotations

import os
import select
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing takes longer to import than all else
    from collections.abc import Sequence

LOOK_EVERY = 1.0  # seconds; somebody may hold the pipe who was forked off the parent and lives on


def leashed(argv: Sequence[str]) -> list[str]:
    """The command on a leash. Start it in a session of its own, with a pipe as its standard input."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


def main(parent: int, argv: list[str]) -> None:
    """Run the command; ends with its exit code, or with all of this session when nobody wants it any more."""
    signal.signal(signal.SIGCHLD, _leave)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.posix_spawnp(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 0)])
    for handle in (1, 2):  # the output ends with the command, not with this
        os.dup2(nothing, handle)
    while os.getppid() == parent and not select.select([0], [], [], LOOK_EVERY)[0]:
        pass
    os.killpg(0, signal.SIGKILL)


def _leave(*_: object) -> None:
    child, status = os.waitpid(-1, os.WNOHANG)
    if child:
        os._exit(max(os.waitstatus_to_exitcode(status), 0) or int(status != 0))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
