"""Commands that a killed run has left, known by pid and start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_syncguard.stack.drivers.command.leftovers import Leftovers
from pytest_syncguard.stack.drivers.identity import Proc

ASKED = """
import pathlib, signal, sys, time
def end(*_):
    pathlib.Path(sys.argv[2]).write_text(str(pathlib.Path(sys.argv[1]).exists()))
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(60)
"""


@contextmanager
def running(*words: object) -> Iterator[int]:
    """The pid of a process in a session of its own that says whether the note exists when it is asked to end."""
    argv = [sys.executable, "-c", ASKED, *map(str, words)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        try:
            yield child.pid
        finally:
            child.kill()


def test_they_are_forgotten_only_when_they_have_ended(tmp_path: Path) -> None:
    """A run that is killed while it ends them leaves them to the next."""
    path, answer = tmp_path / "server.pids", tmp_path / "noted"
    with running(path, answer) as pid:
        Leftovers(path).note(pid)
        Leftovers(path).end()

        assert not Proc.of(pid).started
    assert answer.read_text() == "True"
    assert not path.exists()


def test_whoever_has_their_pid_now_is_left_alone(tmp_path: Path) -> None:
    """The same pid with another start, or a line that was cut off, is nobody of ours."""
    path = tmp_path / "server.pids"
    with running(path, tmp_path / "noted") as pid:
        path.write_text(f"{pid} then\n{pid}\n{pid} ")
        Leftovers(path).end()

        assert Proc.of(pid).alive
    assert not path.exists()
