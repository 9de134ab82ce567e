"""Whose Tilt it is that answers: told by where its Tiltfile lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.stack.drivers.tilt.session import ForeignTilt, Session
from tests.stack.lab import git, make_project

SETTINGS = "syncguard.toml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = make_project(tmp_path / "project")
    (root / SETTINGS).touch()
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "settings")
    return root


def is_ours(root: Path, tilt_in: Path) -> bool:
    """Whether a Tilt whose Tiltfile lies there may speak for the project."""
    try:
        Session("uid", str(tilt_in / "Tiltfile")).require_ours(root, "localhost:10350")
    except ForeignTilt:
        return False
    return True


def test_a_tiltfile_of_the_same_checkout_is_ours(project: Path) -> None:
    """In the project's folder, below it, above it, or beside it in one repository."""
    (project / "infra").mkdir()
    (project / "app").mkdir()

    assert is_ours(project, project)
    assert is_ours(project, project / "infra")
    assert is_ours(project / "app", project)
    assert is_ours(project / "app", project / "infra")


@pytest.mark.parametrize("place", ["beside", "project/.worktrees/within"])
def test_a_second_work_tree_is_another_checkout(project: Path, tmp_path: Path, place: str) -> None:
    """Wherever it lies, even within the first, with settings in git or without: neither speaks for the other."""
    other = tmp_path / place
    git(project, "worktree", "add", "--quiet", "--detach", str(other))

    assert not is_ours(project, other)
    assert not is_ours(other, project)
    (other / SETTINGS).unlink()
    assert not is_ours(project, other / "server")


@pytest.mark.parametrize("place", ["beside", "project/copies/within"])
def test_a_clone_is_another_checkout(project: Path, tmp_path: Path, place: str) -> None:
    """The settings that it brings make a clone within the project a project of its own."""
    other = tmp_path / place
    git(tmp_path, "clone", "--quiet", str(project), str(other))

    assert not is_ours(project, other / "server")
    assert not is_ours(other, project)


def test_a_repository_within_the_project_may_hold_the_tiltfile(project: Path) -> None:
    """A part of the project, be it a submodule or not, may be where Tilt is started."""
    part = make_project(project / "infra", names=())
    git(project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./infra", "deploy")

    assert is_ours(project, part)
    assert (project / "deploy" / ".git").is_file()
    assert is_ours(project, project / "deploy")


def test_without_git_a_folder_and_what_lies_below_are_one_project(tmp_path: Path) -> None:
    """Nothing else tells where a project ends; two folders side by side are two projects."""
    for name in ("project/app", "other"):
        (tmp_path / name).mkdir(parents=True)

    assert is_ours(tmp_path / "project", tmp_path / "project" / "app")
    assert is_ours(tmp_path / "project" / "app", tmp_path / "project")
    assert not is_ours(tmp_path / "project", tmp_path / "other")
