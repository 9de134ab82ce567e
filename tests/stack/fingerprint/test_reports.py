"""Reports that lie among the sources do not count; what only lies where one was does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_syncguard.stack.fingerprint import reports
from tests.stack.fingerprint.project import Project, git, look, stage


@pytest.fixture(autouse=True)
def nothing_under_way() -> Iterator[None]:
    yield
    reports._under_way.clear()


def noted(project: Project, path: str, text: str = "{}") -> None:
    reports.note(project.root, project.cache, [project.write(path, text)])


def digest(project: Project) -> str:
    return look(project.root, stage(), project.cache).digest


@pytest.fixture(params=["git", "plain"])
def folder(request: pytest.FixtureRequest) -> Project:
    """With and without git."""
    found: Project = request.getfixturevalue("project" if request.param == "git" else "plain")
    return found


def test_a_report_does_not_count(folder: Project) -> None:
    """Nor does one that is written again, in a folder of its own, or removed."""
    before = digest(folder)
    noted(folder, "report.json")
    found = [digest(folder)]
    noted(folder, "report.json", "[]")
    noted(folder, "out/deep/junit.xml")
    found.append(digest(folder))
    (folder.root / "report.json").unlink()
    found.append(digest(folder))

    assert found == [before] * 3


def test_what_lies_where_a_report_was_counts(folder: Project) -> None:
    """A file that somebody wrote there since, and one that merely has its name."""
    before = digest(folder)
    noted(folder, "src/report.json")
    folder.write("src/report.json", '{"by": "hand"}')
    edited = digest(folder)
    folder.write("report.json")

    assert len({before, edited, digest(folder)}) == 3


def test_what_git_tracks_counts(project: Project) -> None:
    """Whoever commits a report means it."""
    noted(project, "report.json")
    project.commit()
    before = digest(project)
    noted(project, "report.json", "[]")

    assert digest(project) != before


def test_a_report_in_a_repository_within_does_not_count(project: Project) -> None:
    """As in the project's own."""
    (project.root / "inner").mkdir()
    git(project.root / "inner", "init", "-q")
    project.write("inner/a.py")
    before = digest(project)
    noted(project, "inner/report.json")

    assert digest(project) == before


def test_what_this_process_is_going_to_write_does_not_count(folder: Project) -> None:
    """Whatever it holds meanwhile."""
    before = digest(folder)
    reports.under_way([folder.root / "junit.xml"])
    folder.write("junit.xml", "<half")

    assert digest(folder) == before
    reports._under_way.clear()
    assert digest(folder) != before


def test_what_cannot_be_remembered_counts(folder: Project) -> None:
    """Files elsewhere, links, and where the memory is damaged or no folder."""
    folder.cache.mkdir(exist_ok=True)
    (folder.cache / reports.NAME).write_text("[1]")
    before = digest(folder)
    folder.write("report.json", "{}")
    (folder.root / "link.json").symlink_to("/dev/null")
    reports.note(folder.root, folder.cache, [folder.root / "link.json", folder.root.parent / "no.json"])
    reports.note(folder.root, folder.root / "src/a.py", [folder.root / "report.json"])

    assert digest(folder) != before
