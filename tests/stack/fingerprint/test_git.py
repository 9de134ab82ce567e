"""What counts in a repository, and what does not: the work tree, never the way in which git keeps it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_syncguard.stack.fingerprint import content as settled
from pytest_syncguard.stack.fingerprint.base import Base
from pytest_syncguard.stack.fingerprint.tally import Tally
from tests.stack.fingerprint.project import Project, git


def edit(project: Project) -> None:
    project.write("src/a.py", "a = 2\n")


def into_folder(project: Project) -> None:
    (project.root / "src/a.py").unlink()
    project.write("src/a.py/x")


def into_link(project: Project) -> None:
    (project.root / "src").rename(project.root / "there")
    (project.root / "src").symlink_to("there")


CHANGES: dict[str, Callable[[Project], object]] = {
    "edit": edit,
    "edit of the same size with its old time": lambda p: restored(p.root / "src/a.py", "a = 3\n"),
    "new file": lambda p: p.write("src/new.py"),
    "new empty file": lambda p: p.write("src/new.py", ""),
    "file with a space, a newline and no UTF-8 in its name": lambda p: p.write(b"src/a \n\xff.py"),
    "deletion": lambda p: (p.root / "src/a.py").unlink(),
    "git rm": lambda p: p.git("rm", "-q", "src/a.py"),
    "git mv": lambda p: p.git("mv", "src/a.py", "src/c.py"),
    "mode": lambda p: (p.root / "src/a.py").chmod(0o755),
    "link": lambda p: (p.root / "src/link").symlink_to("a.py"),
    "link that leads nowhere": lambda p: (p.root / "src/link").symlink_to("/nowhere/at all"),
    "file becomes a folder": into_folder,
    "folder becomes a link to its like": into_link,
}


def restored(file: Path, content: str, encoding: str = "utf-8") -> None:
    """Write without any change of size or modification time; not in the second of the last change if settled."""
    before = file.stat()
    if settled.FRESH_NS < 0:
        time.sleep(1.01)
    file.write_bytes(content.encode(encoding))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_seen_however_it_is_kept(project: Project, change: Callable[[Project], object]) -> None:
    """Every change alters the digest; staging, committing and going back do what they do to the files only."""
    before = project.digest()
    change(project)
    changed = project.digest()
    project.git("add", "-A")
    staged = project.digest()
    project.git("commit", "-qm", "change")
    committed = project.digest()
    project.git("reset", "-q", "--hard", "HEAD~1")

    assert changed != before
    assert staged == committed == changed
    assert project.digest() == before


def test_what_python_keeps_of_sources_counts_only_where_git_tracks_it(project: Project) -> None:
    """Running the program or its tests makes no new sources; a module of which there is nothing but a .pyc is one."""
    before = project.digest()
    kept = project.write("src/__pycache__/a.cpython-311.pyc", "1")
    project.write("new/__pycache__/a.cpython-311.pyc.2048", "1")
    project.write(".pytest_cache/v/cache/lastfailed", "1")
    cached = project.digest()
    project.write("src/legacy.pyc", "1")
    legacy = project.digest()
    project.git("add", str(kept))
    tracked = project.digest()
    kept.write_text("2")

    assert before == cached
    assert len({cached, legacy, tracked, project.digest()}) == 4


def test_a_stash_takes_an_edit_away_and_brings_it_back(project: Project) -> None:
    """The digest follows the files through stash and pop."""
    before = project.digest()
    edit(project)
    project.write("untracked.py")
    changed = project.digest()
    project.git("stash", "-qu")
    stashed = project.digest()
    project.git("stash", "pop", "-q")

    assert (stashed, project.digest()) == (before, changed)


def test_only_the_work_tree_counts(project: Project) -> None:
    """What is staged but not on the disk is not built."""
    before = project.digest()
    edit(project)
    project.git("add", "-A")
    project.write("src/a.py", "a = 1\n")

    assert project.digest() == before


def test_touching_files_changes_nothing(project: Project) -> None:
    """Times alone do not make a stage stale."""
    before = project.digest()
    for file in project.root.glob("*/*.py"):
        os.utime(file, (1, 1))

    assert project.digest() == before


def test_a_file_that_is_no_longer_tracked_still_counts(project: Project) -> None:
    """`git rm --cached` leaves the file where builds find it."""
    before = project.digest()
    project.git("rm", "-q", "--cached", "src/a.py")

    assert project.digest() == before


@pytest.mark.usefixtures("settled")
def test_an_intended_file_counts_with_its_content(project: Project) -> None:
    """`git add -N` records a name without content; the content is on the disk."""
    file = project.write("src/new.py", "1\n")
    first = project.digest()
    project.git("add", "-N", "src/new.py")
    intended = project.digest()
    restored(file, "2\n")

    assert intended == first != project.digest()


@pytest.mark.usefixtures("settled")
def test_ignored_files_do_not_count_unless_tracked(project: Project) -> None:
    """What git ignores is out, what was added by force is in."""
    project.write(".gitignore", "*.log\n.venv/\n")
    before = project.digest()
    project.write("run.log")
    project.write(".venv/lib/x.py")
    ignored = project.digest()
    project.git("add", "-f", "run.log")

    assert ignored == before != project.digest()


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_files_that_git_is_told_to_overlook_are_seen(project: Project, flag: str) -> None:
    """A flag that blinds git does not blind us."""
    before = project.digest()
    project.git("update-index", flag, "src/a.py")
    flagged = project.digest()
    edit(project)
    edited = project.digest()
    (project.root / "src/a.py").unlink()

    assert flagged == before
    assert len({before, edited, project.digest()}) == 3


def test_an_edit_right_after_git_add_is_seen(project: Project) -> None:
    """The same size, the same second, the old modification time: still another file."""
    digests = set()
    for number in range(10):
        file = project.write("src/a.py", f"a = {number}\n")
        project.git("add", "-A")
        project.git("status")
        restored(file, f"b = {number}\n")
        digests.add(project.digest())

    assert len(digests) == 10


def test_an_edit_while_git_adds_is_seen(project: Project) -> None:
    """Git compares seconds: an edit between its reading and the end of that second escapes it."""
    file = project.write("src/a.py", "a = 1\n")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    project.git("add", "-A")
    before = project.digest()
    restored(file, "a = 2\n")

    assert project.digest() != before


@pytest.mark.usefixtures("settled")
def test_conflicts_count_as_they_lie_on_the_disk(project: Project) -> None:
    """A file in conflict is what the work tree holds, resolved or not, edited or not."""
    project.git("checkout", "-qb", "other")
    project.write("src/a.py", "a = 'theirs'\n")
    project.commit()
    project.git("checkout", "-q", "-")
    project.write("src/a.py", "a = 'ours'\n")
    project.commit()
    project.git("merge", "-q", "other", check=False)
    assert "UU src/a.py" in project.git("status", "--porcelain")
    conflict = project.digest()
    project.write("src/a.py", "a = 'both'\n")
    edited = project.digest()
    project.git("add", "-A")

    assert project.digest() == edited != conflict


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("sparse_index", ["--sparse-index", "--no-sparse-index"])
def test_a_sparse_checkout_counts_what_is_there(project: Project, sparse_index: str) -> None:
    """Files outside the cone are not on the disk; what is put there by hand is."""
    project.write("deep/er/c.py")
    project.commit()
    whole = project.fingerprint()
    project.git("sparse-checkout", "set", "--cone", sparse_index, "src")
    sparse = project.fingerprint()
    project.write("lib/b.py", "b = 1\n")
    project.write("deep/er/c.py")
    restored_by_hand = project.fingerprint()

    assert (whole.files, sparse.files) == (3, 1)
    assert restored_by_hand == whole


@pytest.mark.parametrize(
    "command",
    [("--index-version", "4"), ("--index-version", "3"), ("--split-index",), ("--untracked-cache",)],
    ids=" ".join,
)
def test_the_form_of_the_index_does_not_matter(project: Project, command: tuple[str, ...]) -> None:
    """Index versions, split and extended indexes say the same."""
    project.write("src/a/deeper/name.py")
    project.write("src/a/deeper/names.py")
    project.commit()
    before = project.digest()
    project.git("update-index", *command)
    same = project.digest()
    edit(project)
    project.git("update-index", "src/a.py")
    edited = project.digest()
    project.write("src/a.py", "a = 1\n")

    assert same == before != edited
    assert project.digest() == before


def test_a_repository_with_sha256_is_read(tmp_path: Path) -> None:
    """The object format changes how git names content, not what is noticed."""
    project = Project(tmp_path / "p", tmp_path / "cache", "init", "-q", "--object-format=sha256")
    project.write("src/a.py", "a = 1\n")
    first = project.digest()
    project.commit()
    committed = project.digest()
    edit(project)

    assert first == committed != project.digest()


def test_a_repository_without_a_commit_is_read(tmp_path: Path) -> None:
    """The first commit changes nothing."""
    project = Project(tmp_path / "p", tmp_path / "cache", "init", "-q")
    empty = project.fingerprint()
    project.write("a.py")
    first = project.digest()
    project.commit()

    assert empty.files == 0
    assert project.digest() == first != empty.digest


def test_a_project_in_a_subfolder_counts_itself_alone(project: Project) -> None:
    """What lies beside the project's folder belongs to others, and paths are relative to the project."""
    inner = Project(project.root / "src", project.cache)
    before = inner.fingerprint("*.py")
    project.write("lib/b.py", "b = 2\n")
    beside = inner.fingerprint("*.py")
    edit(project)
    edited = inner.fingerprint("*.py")
    project.git("add", "-A")

    assert before == beside
    assert before.files == 1
    assert inner.fingerprint("*.py") == edited != before


def test_a_linked_worktree_is_like_its_main_one(project: Project, tmp_path: Path) -> None:
    """The same files give the same digest in another worktree, and edits there are seen."""
    other = Project(tmp_path / "other", tmp_path / "cache-of-other")
    project.git("worktree", "add", "-q", str(other.root), "-b", "topic")
    same = other.digest()
    edit(other)

    assert same == project.digest() != other.digest()


def test_a_project_that_its_surroundings_ignore_is_hashed_plainly(project: Project) -> None:
    """A folder ignored by a repository around it has sources all the same."""
    project.write(".gitignore", "scratch/\n")
    inner = Project(project.root / "scratch" / "app", project.cache)
    inner.write("a.py", "1\n")
    before = inner.fingerprint()
    inner.write("a.py", "2\n")

    assert before.files == 1
    assert inner.digest() != before.digest


def test_what_syncguard_writes_never_counts(project: Project) -> None:
    """Its own state and failure logs are no sources, ignored by git or not, tracked or not."""
    before = project.digest()
    project.write(".syncguard/ledger.sqlite")
    project.write("logs/sync-error-20260102-030405.log")
    project.write("logs/.gitignore", "/.gitignore\n")
    untracked = project.digest()
    project.commit()
    tracked = project.digest()
    project.write("logs/sync-error-20260102-030405.log", "more\n")
    modified = project.digest()
    project.write("logs/app.log")

    assert before == untracked == tracked == modified != project.digest()


def test_links_are_not_followed_out_of_the_project(project: Project, tmp_path: Path) -> None:
    """What a link there points at is not the project's, whatever happens with it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("1\n")
    (project.root / "src/folder").symlink_to(outside)
    (project.root / "src/file").symlink_to(outside / "x.py")
    before = project.digest()
    (outside / "x.py").write_text("2\n")

    assert project.digest() == before


def test_pipes_and_sockets_are_no_sources(project: Project) -> None:
    """A named pipe neither counts nor blocks, also where a file was tracked."""
    before = project.digest()
    os.mkfifo(project.root / "src/pipe")
    with_pipe = project.digest()
    (project.root / "src/a.py").unlink()
    without = project.digest()
    os.mkfifo(project.root / "src/a.py")

    assert with_pipe == before
    assert project.digest() == without


def test_git_in_the_outer_folder_of_a_hook_does_not_mislead(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables that git sets for its hooks point elsewhere; they are not for us."""
    before = project.digest()
    git(tmp_path, "init", "-q", "decoy")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"):
        monkeypatch.setenv(name, str(tmp_path / "decoy"))

    assert project.digest() == before


def test_a_settled_file_is_left_to_git_and_its_edit_is_seen(project: Project) -> None:
    """Once its second is over nothing is watched; a change without a trace in size and time is still found."""
    time.sleep(2.5)
    before = project.digest()
    watched = json.loads((project.cache / "fingerprint.json").read_text().partition("\n")[2])
    restored(project.root / "src/a.py", "a = 2\n")

    assert watched["bases"][""]["watched"] == {}
    assert project.digest() != before


def test_many_fresh_files_are_watched_for_a_while_only() -> None:
    """What was worked out holds for its index alone, and not for long if it is costly."""
    base = Base([Tally(7, 1, (1,))], 1, {b"a\xff": (0o100644, b"\1"), b"b": None}, {b"c": b"\2"})
    dumped = json.loads(json.dumps(base.dump("index")))

    assert Base.load(dumped, "index") == base
    assert Base.load(dumped, "other") is None
    assert Base.load({**dumped, "again_at": 1.0}, "index") is None
