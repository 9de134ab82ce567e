"""A git command that writes the index while it is read: looked at again, and told if that never ends."""

from __future__ import annotations

import pytest

from pytest_syncguard.stack.fingerprint import repository
from pytest_syncguard.stack.fingerprint.asked import Asked, ask
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.place import Place
from tests.stack.fingerprint.project import Project

FILE = "src/a.py"


def disturb(project: Project, monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """So often git forgets a file, or learns of it, right after it has answered. Returns what it did."""
    done: list[str] = []

    def ask_and_write(place: Place, memory: Memory) -> Asked:
        asked = ask(place, memory)
        changed = asked.changed()
        asked.untracked.result()
        if len(done) < times:
            done.append("add" if len(done) % 2 else "rm")
            project.git(done[-1], FILE) if done[-1] == "add" else project.git("rm", "-q", "--cached", FILE)
        return Asked(asked.identity, lambda: changed, asked.untracked)

    monkeypatch.setattr(repository, "ask", ask_and_write)
    return done


def test_an_index_that_is_written_meanwhile_is_read_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git said of the older one does not count: the file is there, whoever keeps it."""
    before = project.fingerprint("src/**")
    done = disturb(project, monkeypatch, 1)

    assert project.fingerprint("src/**") == before
    assert done == ["rm"]


def test_an_index_that_is_written_all_the_time_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No guess, no endless loop: an error that says what to wait for."""
    disturb(project, monkeypatch, 1000)

    with pytest.raises(FingerprintError, match="is written all the time; wait until that git command has ended"):
        project.fingerprint("src/**")
