"""All that git's list of untracked files rests on: a change of any of it is seen by a look that remembers the list."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_syncguard.stack.fingerprint import content, untracked
from pytest_syncguard.stack.fingerprint.git import Git
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.place import Place
from pytest_syncguard.stack.fingerprint.untracked import Untracked
from tests.stack.fingerprint.project import Project

CALM = 0.05  # seconds; what lies so far back counts as settled here
Change = Callable[[Project], object]


@pytest.fixture(autouse=True)
def soon_calm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two seconds are long for a test; and the user's own ignore file lies in a home of its own."""
    monkeypatch.setattr(content, "FRESH_NS", CALM * 1e9 * 0.5)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def stamped(project: Project) -> bool:
    """Whether the list of the project's own repository is remembered."""
    return "stamps" in Memory(project.cache).untracked("")


def warm(project: Project) -> str:
    """Look until the list is remembered; what was found."""
    for _ in range(2):
        time.sleep(CALM)
        project.digest()
    assert stamped(project)
    return project.digest()


def write(path: str, text: str = "x\n") -> Change:
    return lambda project: project.write(path, text)


def each(*changes: Change) -> Change:
    def all_of_them(project: Project) -> None:
        for change in changes:
            change(project)

    return all_of_them


def git(*args: str) -> Change:
    return lambda project: project.git(*args)


def in_place_of(path: str) -> Change:
    """A folder where a file was."""
    return each(lambda project: (project.root / path).unlink(), write(f"{path}/first"))


def put_back_times(project: Project) -> None:
    """A new file in a folder whose modification time is as before."""
    before = (project.root / "new").stat()
    project.write("new/x")
    os.utime(project.root / "new", ns=(before.st_atime_ns, before.st_mtime_ns))


LOG = write("x.log")
HIDES = "*.log\n"
CASES: dict[str, tuple[Change, Change]] = {
    "a file in an empty folder": (lambda p: (p.root / "new/deep").mkdir(parents=True), write("new/deep/x")),
    "a file beside ignored ones": (each(write(".gitignore", "*.o\n"), write("new/x.o")), write("new/x.c")),
    "a folder's time put back": (lambda p: (p.root / "new").mkdir(), put_back_times),
    "rules appear": (LOG, write(".gitignore", HIDES)),
    "rules change": (each(LOG, write(".gitignore", "*.o\n")), write(".gitignore", HIDES)),
    "rules of a folder change": (
        each(write("new/x.log"), write("new/.gitignore", "*.o\n")),
        write("new/.gitignore", HIDES),
    ),
    "rules of the repository": (LOG, write(".git/info/exclude", HIDES)),
    "rules of the user appear": (LOG, write("../home/.config/git/ignore", HIDES)),
    "rules that a setting names": (
        each(LOG, git("config", "core.excludesFile", "~/rules")),
        write("../home/rules", HIDES),
    ),
    "a setting names rules": (each(LOG, write("../home/rules", HIDES)), git("config", "core.excludesFile", "~/rules")),
    "a repository comes": (each(write("new/x.log"), write(".gitignore", HIDES)), git("init", "-q", "new")),
    "a repository goes": (
        each(git("init", "-q", "new"), write("new/x.log"), write(".gitignore", HIDES)),
        lambda p: (p.root / "new/.git").rename(p.root.parent / "elsewhere"),
    ),
    "two folders change places": (
        each(write("new/a/x"), write("new/b/y")),
        lambda p: [
            (p.root / "new" / old).rename(p.root / "new" / new) for old, new in (("a", "c"), ("b", "a"), ("c", "b"))
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_list_rests_on_is_looked_at(project: Project, case: str) -> None:
    """The look with a memory finds what one without finds, and it is another."""
    prepare, change = CASES[case]
    prepare(project)
    before = warm(project)
    change(project)

    assert project.digest() != before


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree", "--no-skip-worktree"])
def test_a_folder_in_the_place_of_a_tracked_file_is_looked_through(project: Project, flag: str) -> None:
    """Git does not name it, and of a flagged file it does not tell that it is gone: nothing is remembered."""
    project.git("update-index", flag, "src/a.py")
    in_place_of("src/a.py")(project)
    project.write("new/x")
    digests = []
    for path in ("src/a.py/first", "src/a.py/second", "new/y"):
        for _ in range(2):
            time.sleep(CALM)
            project.digest()
        project.write(path, path)
        digests.append(project.digest())

    assert len(set(digests)) == 3
    assert not stamped(project)


def test_rules_above_the_project_are_looked_at(tmp_path: Path) -> None:
    """A project that is a folder of a repository."""
    outer = Project(tmp_path / "outer", tmp_path / "none", "init", "-q")
    outer.write("inner/a")
    outer.commit()
    inner = Project(outer.root / "inner", tmp_path / "cache")
    inner.write("x.log")
    before = warm(inner)
    outer.write(".gitignore", HIDES)

    assert inner.digest() != before


def test_rules_of_the_repository_hold_for_a_linked_work_tree(project: Project, tmp_path: Path) -> None:
    """They lie with the first one."""
    project.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Project(tmp_path / "linked", tmp_path / "linked-cache")
    linked.write("x.log")
    before = warm(linked)
    project.write(".git/info/exclude", HIDES)

    assert linked.digest() != before


def test_the_users_rules_may_lie_elsewhere(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the environment says: another place, other rules."""
    project.write("x.log")
    before = warm(project)
    (tmp_path / "config/git").mkdir(parents=True)
    (tmp_path / "config/git/ignore").write_text(HIDES)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    assert project.digest() != before


def nowhere_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untracked, "keeps_times", lambda _folder: False)


UNSURE: dict[str, Callable[[Project, pytest.MonkeyPatch], object]] = {
    "a file system that keeps no times": nowhere_kept,
    "names that differ by case only": lambda project, _: project.git("config", "core.ignorecase", "true"),
    "rules somewhere below a folder that git chooses": lambda project, _: project.git(
        "config", "core.excludesFile", "relative"
    ),
    "a repository that is a file": lambda project, _: project.git("worktree", "add", "-q", "new"),
}


@pytest.mark.parametrize("case", UNSURE)
def test_what_cannot_be_relied_on_is_not_remembered(
    project: Project, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Git is asked each time."""
    UNSURE[case](project, monkeypatch)
    for _ in range(3):
        time.sleep(CALM)
        project.digest()

    assert not stamped(project)


def test_rules_that_change_while_git_looks_void_its_answer(project: Project) -> None:
    """It may have read them before or after."""
    project.write(".git/info/exclude", HIDES)
    time.sleep(CALM)
    git_ = Git()
    place = Place.find(git_, project.root, b"")
    assert place
    project.cache.mkdir()
    asked = Untracked(place, place.identity(), Memory(project.cache))
    asked.result()
    (project.root / ".git/info/exclude").unlink()
    asked.remember(None, ())

    assert not stamped(project)
    assert list(project.cache.glob("untracked-*"))
