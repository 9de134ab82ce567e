"""Symbolic links among the sources: what they lead to within the project counts, what lies outside is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprinter
from pytest_syncguard.stack.fingerprint.manifest import changed
from tests.stack.fingerprint.project import Project, git, look, stage
from tests.stack.fingerprint.test_git import restored


@pytest.fixture(params=["repository", "untracked", "no repository"])
def linked(request: pytest.FixtureRequest, project: Project, plain: Project) -> Project:
    """``src/lib`` leads to the folder ``lib``, ``src/b.py`` to the file in it."""
    made = plain if request.param == "no repository" else project
    (made.root / "src/lib").symlink_to("../lib")
    (made.root / "src/b.py").symlink_to(made.root / "lib/b.py")
    if request.param == "repository":
        made.commit()
    return made


@pytest.mark.parametrize("sources", ["src/lib/*.py", "src/b.py", "!src/a.py"])
def test_an_edit_behind_a_link_is_seen(settled: None, linked: Project, sources: str) -> None:
    """Of the same size, with the old time; and the way back."""
    before = linked.fingerprint(sources)
    restored(linked.root / "lib/b.py", "b = 2\n")
    edited = linked.digest(sources)
    restored(linked.root / "lib/b.py", "b = 1\n")

    assert before.warnings == ()
    assert edited != before.digest
    assert linked.fingerprint(sources) == before


@pytest.mark.parametrize(
    ("path", "sources", "seen"),
    [
        ("lib/new.py", "src/**", True),
        ("lib/deep/new.py", "src/lib/**/new.py", True),
        ("lib/new.py", "src/*.py", False),
        ("other/new.py", "src/**", False),
        ("lib/new.py", "src/a.py", False),
    ],
)
def test_new_files_behind_a_link_count_where_globs_reach(linked: Project, path: str, sources: str, seen: bool) -> None:
    """The globs read the path through the link."""
    before = linked.digest(sources)
    linked.write(path)

    assert (linked.digest(sources) != before) == seen


def test_what_lies_behind_a_link_can_be_taken_out(linked: Project) -> None:
    before = linked.digest("src/**", "!src/lib/b.py", "!src/b.py")
    linked.write("lib/b.py", "b = 2\n")

    assert linked.digest("src/**", "!src/lib/b.py", "!src/b.py") == before


def test_what_changed_behind_a_link_is_named_by_the_way_there(linked: Project) -> None:
    """A message names the path that the globs cover; whether a link or its file changed, it is named."""
    fingerprinter = Fingerprinter(linked.root, linked.cache)
    before = fingerprinter.manifest(stage("src"))
    linked.write("lib/b.py", "b = 2\n")
    fingerprinter.take([stage("src")])
    edited = fingerprinter.manifest(stage("src"))
    (linked.root / "src/b.py").unlink()
    (linked.root / "src/b.py").symlink_to("../lib/b.py")
    fingerprinter.take([stage("src")])
    led_elsewhere = fingerprinter.manifest(stage("src"))
    fingerprinter.close()

    assert changed(before, edited) == ["src/b.py", "src/lib/b.py"]
    assert changed(edited, led_elsewhere) == ["src/b.py"]


def test_what_lies_behind_links_is_listed_whatever_was_looked_at_before(linked: Project) -> None:
    """Another stage, or a repository that was written since."""
    fingerprinter = Fingerprinter(linked.root, linked.cache)
    fingerprinter.take([stage("lib", name="other")])
    first = fingerprinter.files(stage("src/lib"))
    other = fingerprinter.files(stage("lib", name="other"))
    if (linked.root / ".git").exists():
        linked.git("update-index", "--index-version", "4")
    second = fingerprinter.files(stage("src/lib"))
    fingerprinter.close()

    assert b"src/lib/b.py" in first
    assert other == [b"lib/b.py"]
    assert second == first


def test_links_behind_links_are_followed_once(linked: Project) -> None:
    """Through several, and in circles: upwards, to each other, to themselves."""
    linked.write("other/c.py", "1\n")
    (linked.root / "lib/other").symlink_to("../other")
    (linked.root / "other/lib").symlink_to("../lib")
    (linked.root / "other/up").symlink_to("..")
    (linked.root / "other/self").symlink_to("self")
    before = linked.fingerprint("src/lib/**")
    linked.write("other/c.py", "2\n")

    assert linked.digest("src/lib/**") != before.digest
    assert before.files < 40


def test_a_link_to_the_whole_project_is_as_good_as_its_files(project: Project) -> None:
    (project.root / "src/all").symlink_to("..")
    project.commit()
    before = project.digest("src/all/lib/*.py")
    project.write("lib/b.py", "b = 2\n")

    assert project.digest("src/all/lib/*.py") != before


def test_what_git_ignores_counts_as_little_behind_a_link(linked: Project) -> None:
    """As little as where it really lies."""
    if not (linked.root / ".git").exists():
        linked.write("lib/__pycache__/b.pyc", "1")
        before = linked.digest("src/**")
        linked.write("lib/__pycache__/b.pyc", "2")
    else:
        linked.write(".gitignore", "*.pyc\n")
        before = linked.digest("src/**")
        linked.write("lib/b.pyc", "1")

    assert linked.digest("src/**") == before


def test_a_stage_without_sources_covers_it_anyway(linked: Project) -> None:
    """Other stages' globs change nothing for it."""
    alone = look(linked.root, stage(), None)
    fingerprinter = Fingerprinter(linked.root)
    beside = fingerprinter.take([stage(), stage("src/**", name="other")])["server"]
    fingerprinter.close()

    assert beside == alone


def test_a_link_into_a_submodule_is_followed(project: Project, tmp_path: Path) -> None:
    """Its files are in another index."""
    origin = Project(tmp_path / "origin", tmp_path / "cache", "init", "-q")
    origin.write("deep/x.rs", "1\n")
    origin.commit()
    project.git("submodule", "--quiet", "add", str(tmp_path / "origin"), "sub")
    (project.root / "src/deep").symlink_to("../sub/deep")
    project.commit()
    digests = [project.digest("src/deep")]
    project.write("sub/deep/x.rs", "2\n")
    digests.append(project.digest("src/deep"))
    git(project.root / "sub", "commit", "-qam", "change")
    committed = project.digest("src/deep")

    assert len(set(digests)) == 2
    assert committed == digests[1]


def test_a_folder_of_a_larger_repository_is_a_project_of_its_own(project: Project) -> None:
    """What lies outside the project's folder is outside, though the repository keeps it."""
    (project.root / "src/lib").symlink_to("../lib")
    (project.root / "src/inner").mkdir()
    (project.root / "src/near").symlink_to("inner")
    project.write("src/inner/i.py", "1\n")
    project.commit()
    inner = Project(project.root / "src", project.cache)
    before = inner.fingerprint("near", "lib")
    inner.write("inner/i.py", "2\n")

    assert inner.digest("near", "lib") != before.digest
    assert before.warnings == (
        (
            f'stage "server": lib leads out of the project, to {project.root / "lib"}, where no change is seen: '
            'move that into the project, or take the link out with "!lib" in sources'
        ),
    )


@pytest.mark.parametrize(
    ("sources", "warned"),
    [((), True), (("src",), True), (("lib",), False), (("src", "!src/folder", "!src/file"), False)],
)
def test_a_link_out_of_the_project_is_told(
    linked: Project, tmp_path: Path, sources: tuple[str, ...], warned: bool
) -> None:
    """Only to stages that cover it, once, with the cure."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("1\n")
    (linked.root / "src/folder").symlink_to(outside)
    (linked.root / "src/file").symlink_to(outside / "x.py")

    found = linked.fingerprint(*sources)

    assert found.warnings == warned * (
        (
            f'stage "server": src/file leads out of the project, to {outside / "x.py"} (as 1 more link), where no '
            'change is seen: move that into the project, or take the link out with "!src/file" in sources'
        ),
    )


def test_links_that_lead_nowhere_or_to_devices_are_fine(linked: Project) -> None:
    (linked.root / "src/gone").symlink_to("nowhere")
    (linked.root / "src/null").symlink_to(os.devnull)

    assert linked.fingerprint("src").warnings == ()


def test_links_are_looked_at_afresh(linked: Project) -> None:
    """A folder on the way changes its place: the link's text is what it was."""
    linked.write("v1/x.py", "1\n")
    linked.write("v2/x.py", "2\n")
    (linked.root / "current").symlink_to("v1")
    (linked.root / "src/x.py").symlink_to("../current/x.py")
    before = linked.digest("src/x.py")
    (linked.root / "current").unlink()
    (linked.root / "current").symlink_to("v2")

    assert linked.digest("src/x.py") != before


def test_an_index_that_is_written_meanwhile_is_read_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links are followed in the state of the repository that was looked at, or in the next one."""
    from pytest_syncguard.stack.fingerprint.part import Part

    (project.root / "src/lib").symlink_to("../lib")
    project.commit()
    wanted = project.digest("src/lib")
    links = Part.links
    told: list[str] = []

    def write_first(part: Part) -> list[bytes]:
        if not told:
            told.append(project.git("update-index", "--index-version", "4"))
        return links(part)

    monkeypatch.setattr(Part, "links", write_first)

    assert look(project.root, stage("src/lib"), None).digest == wanted
    assert told
