"""Repositories within the repository: submodules at any depth, and clones that nobody registered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.stack.fingerprint.project import Project, git


@pytest.fixture
def nested(project: Project, tmp_path: Path) -> Project:
    """A project with the submodule ``sub``, which has the submodule ``sub/deep``."""
    for name, inner in (("deep", None), ("middle", "deep")):
        origin = Project(tmp_path / name, tmp_path / "cache", "init", "-q")
        origin.write(f"{name}.rs", "1\n")
        if inner:
            origin.git("submodule", "--quiet", "add", str(tmp_path / inner), "deep")
        origin.commit()
    project.git("submodule", "--quiet", "add", str(tmp_path / "middle"), "sub")
    project.git("submodule", "--quiet", "update", "--init", "--recursive")
    project.commit()
    return project


@pytest.mark.parametrize("path", ["sub/middle.rs", "sub/deep/deep.rs", "sub/deep/new.rs"])
def test_an_edit_in_a_submodule_is_seen_at_any_depth(nested: Project, path: str) -> None:
    """Files of submodules count like the project's own, and only where the globs reach."""
    before, others = nested.fingerprint("sub/**/*.rs"), nested.digest("src/**")
    nested.write(path, "2\n")
    edited = nested.digest("sub/**/*.rs")
    for folder in ("sub/deep", "sub", "."):
        git(nested.root / folder, "add", "-A")
        git(nested.root / folder, "commit", "-qm", "change", "--allow-empty")

    assert before.files == 2
    assert before.digest != edited
    assert nested.digest("sub/**/*.rs") == edited
    assert nested.digest("src/**") == others


def test_a_submodule_that_is_not_checked_out_counts_by_its_commit(nested: Project) -> None:
    """Nothing of it is on the disk, but a move of it is a change, and so is its checking out."""
    full = nested.digest()
    nested.git("submodule", "--quiet", "deinit", "-f", "sub")
    empty = nested.fingerprint("sub/**")
    shutil.rmtree(nested.root / "sub")
    gone = nested.fingerprint("sub/**")
    nested.git("update-index", "--cacheinfo", f"160000,{'1' * 40},sub")
    moved = nested.fingerprint("sub/**")
    nested.git("reset", "-q")
    nested.git("submodule", "--quiet", "update", "--init", "--recursive")

    assert empty == gone
    assert empty.files == 0
    assert empty.warnings == ('stage "server": sources "sub/**" matches no file',)
    assert empty.blind == 'sources "sub/**" matches no file'
    assert moved.digest != empty.digest
    assert nested.digest() == full


def test_files_in_the_place_of_a_submodule_count(nested: Project) -> None:
    """A folder without repository, a file or a link where the submodule should be is what it is."""
    nested.git("submodule", "--quiet", "deinit", "-f", "sub")
    digests = {nested.digest()}
    nested.write("sub/copied.rs", "1\n")
    digests.add(nested.digest())
    nested.write("sub/copied.rs", "2\n")
    digests.add(nested.digest())
    shutil.rmtree(nested.root / "sub")
    (nested.root / "sub").symlink_to("src")
    digests.add(nested.digest())
    (nested.root / "sub").unlink()
    nested.write("sub", "1\n")
    digests.add(nested.digest())

    assert len(digests) == 5


def test_a_clone_within_the_project_counts_file_by_file(project: Project) -> None:
    """A repository that is no submodule: its files count, but for those it ignores itself."""
    before = project.digest()
    clone = Project(project.root / "vendor/clone", project.cache, "init", "-q")
    clone.write("x.rs", "1\n")
    clone.write("deeper/y.rs", "1\n")
    present = project.fingerprint("vendor/**/*.rs")
    clone.commit()
    committed = project.fingerprint("vendor/**/*.rs")
    clone.write(".git/info/exclude", "*.o\n")
    clone.write("x.o")
    ignored = project.fingerprint("vendor/**")
    clone.write("x.rs", "2\n")

    assert (present.files, committed.digest) == (2, present.digest)
    assert ignored.files == 2
    assert project.digest("vendor/**/*.rs") != present.digest
    shutil.rmtree(project.root / "vendor")
    assert project.digest() == before


def test_a_clone_that_becomes_a_submodule_stays_what_it_is(project: Project, tmp_path: Path) -> None:
    """Registering a clone adds ``.gitmodules`` and changes no source."""
    origin = Project(tmp_path / "origin", tmp_path / "cache", "init", "-q")
    origin.write("x.rs")
    origin.commit()
    project.git("clone", "-q", str(origin.root), "vendor")
    clone = project.digest("vendor")
    project.git("submodule", "--quiet", "add", str(origin.root), "vendor")
    added = project.digest("vendor")
    project.commit()

    assert clone == added == project.digest("vendor")


def test_clones_side_by_side_in_a_plain_folder_keep_their_ignore_rules(plain: Project) -> None:
    """A workspace that is no repository itself: each clone in it is asked by git."""
    clone = Project(plain.root / "service", plain.cache, "init", "-q")
    clone.write(".gitignore", "*.o\n")
    clone.write("x.rs")
    before = plain.fingerprint()
    clone.write("x.o")
    ignored = plain.fingerprint()
    clone.write("x.rs", "2\n")

    assert before == ignored
    assert before.files == 4
    assert plain.digest() != before.digest
