"""A look that is begun before anybody knows what matters: the same is found, and nothing is taken for news."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_syncguard.stack.fingerprint.ahead import begin, take_over
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprinter
from tests.stack.fingerprint.project import Project, look, stage

SERVER = stage("src/**")


def git_has_answered(fingerprinter: Fingerprinter) -> None:
    """All that was asked ahead was answered, and nobody has heard it yet."""
    assert fingerprinter._ahead
    begun = fingerprinter._ahead.begun
    assert begun
    for command in begun.place.git._running:
        command._process.wait()


@pytest.mark.parametrize("change", ["edit", "new", "none"])
def test_what_is_begun_ahead_finds_the_same(project: Project, change: str) -> None:
    """Edited, untracked or unchanged: as a look that begins with the fingerprinter."""
    if change != "none":
        project.write("src/a.py" if change == "edit" else "src/new.py", "changed\n")
    end = begin(project.root)
    fingerprinter = Fingerprinter(project.root, project.cache)
    try:
        assert fingerprinter.take([SERVER])[SERVER.name] == look(project.root, SERVER, None)
    finally:
        fingerprinter.close()
        end()


def test_a_look_that_is_no_longer_fresh_is_not_used(project: Project) -> None:
    """What is new since is seen, though git has answered before."""
    end = begin(project.root)
    fingerprinter = Fingerprinter(project.root, project.cache, fresh=0.0)
    git_has_answered(fingerprinter)
    project.write("src/new.py", "new since\n")
    try:
        assert fingerprinter.take([SERVER])[SERVER.name] == look(project.root, SERVER, None)
    finally:
        fingerprinter.close()
        end()


def test_it_is_used_once(project: Project) -> None:
    """The second take looks afresh, however soon it comes."""
    end = begin(project.root)
    fingerprinter = Fingerprinter(project.root, project.cache)
    try:
        fingerprinter.take([SERVER])
        project.write("src/a.py", "changed since\n")
        assert fingerprinter.take([SERVER])[SERVER.name] == look(project.root, SERVER, None)
    finally:
        fingerprinter.close()
        end()


def test_an_index_that_was_written_since_makes_it_void(project: Project) -> None:
    """What git said then was said of another index, and so is what was worked out from that one before."""
    look(project.root, SERVER, project.cache)
    end = begin(project.root)
    fingerprinter = Fingerprinter(project.root, project.cache)
    git_has_answered(fingerprinter)
    project.write("src/new.py", "new since\n")
    project.commit()
    try:
        assert fingerprinter.take([SERVER])[SERVER.name] == look(project.root, SERVER, None)
    finally:
        fingerprinter.close()
        end()


def test_what_nobody_takes_over_is_ended(project: Project) -> None:
    """No git is left, and nobody finds it later."""
    begin(project.root)()
    assert take_over(project.root.resolve()) is None


def test_where_git_cannot_begin_the_look_itself_tells_why(tmp_path: Path) -> None:
    """A folder that is no repository is looked at without git, as ever."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("a\n")
    end = begin(tmp_path)
    fingerprinter = Fingerprinter(tmp_path)
    try:
        assert fingerprinter.take([SERVER])[SERVER.name].files == 1
    finally:
        fingerprinter.close()
        end()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is only one processor to share")
def test_git_leaves_a_processor_to_the_imports_until_it_is_waited_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is begun ahead may not use all of them; as soon as its answer is wanted it may."""
    allowed: list[set[int]] = []
    confine = os.sched_setaffinity

    def confined(pid: int, processors: Iterable[int]) -> None:
        allowed.append(set(processors))
        confine(pid, allowed[-1])

    monkeypatch.setattr(os, "sched_setaffinity", confined)
    ours = os.sched_getaffinity(0)
    end = begin(project.root)
    fingerprinter = Fingerprinter(project.root, project.cache)
    try:
        assert allowed
        assert all(each < ours for each in allowed)
        allowed.clear()
        fingerprinter.start([SERVER])
        assert allowed == []
        fingerprinter.take([SERVER])
        assert all(each == ours for each in allowed)
    finally:
        fingerprinter.close()
        end()
