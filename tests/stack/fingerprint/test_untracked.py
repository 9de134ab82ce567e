"""What is remembered of untracked files: found as git would find them now, whatever happened since."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_syncguard.stack.fingerprint import content
from tests.stack.fingerprint.project import Project

FOLDERS = ("", "a/", "a/b/", "new/", "new/deep/", "out/")
NAMES = ("x", "y.o", "keep")
RULES = ("", "*.o\n", "out/\n", "new/*\n!new/deep/\n", "keep\n", "/a/*\n!/a/x\n")
RULE_FILES = (".gitignore", "a/.gitignore", "new/.gitignore", ".git/info/exclude", ".git/elsewhere")
COMMANDS = (
    *(("add", "-A"), ("add", "-f", "out"), ("commit", "-qm", "x"), ("rm", "-rq", "--cached", "a"), ("clean", "-fdq")),
    *(("update-index", "--skip-worktree", "a/b/x"), ("update-index", "--assume-unchanged", "a/b/x")),
    *(("stash", "-qu"), ("stash", "pop", "-q"), ("reset", "-q", "--hard"), ("reset", "-q")),
)
Step = Callable[[Project], object]


def remove(project: Project, path: str) -> None:
    file = project.root / path
    file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()


def exclude_elsewhere(project: Project) -> None:
    project.git("config", "core.excludesFile", str(project.root / ".git/elsewhere"))


def made(change: Callable[..., object], *drawn: st.SearchStrategy[str]) -> st.SearchStrategy[Step]:
    """A step that makes this change to a project with what is drawn; one that cannot be made is none."""

    def step(*values: str) -> Step:
        def take(project: Project) -> None:
            try:
                change(project, *values)
            except OSError:  # not there, or in the way
                return

        return take

    return st.builds(step, *drawn)


FOLDER = st.sampled_from(FOLDERS)
PATH = st.builds(str.__add__, FOLDER, st.sampled_from(NAMES))
ANY = st.one_of(PATH, FOLDER)
STEP = st.one_of(
    made(lambda project, path: project.write(path), PATH),
    made(remove, ANY),
    made(lambda project, path: (project.root / path).mkdir(parents=True), ANY),
    made(lambda project, old, new: (project.root / old).rename(project.root / new), ANY, ANY),
    made(lambda project, path, to: (project.root / path).symlink_to(project.root / to), PATH, FOLDER),
    made(lambda project, file, rules: project.write(file, rules), st.sampled_from(RULE_FILES), st.sampled_from(RULES)),
    made(exclude_elsewhere),
    made(lambda project, folder: project.git("init", "-q", folder, check=False), st.sampled_from(FOLDERS[1:])),
    st.sampled_from(COMMANDS).map(lambda args: lambda project: project.git(*args, check=False)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, min_size=1, max_size=20))
def test_the_remembered_answer_is_what_git_would_say(history: list[Step]) -> None:
    """After each step a look with a memory finds what one without finds (`Project.fingerprint` compares them)."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(content, "FRESH_NS", -(10**15)):
        project = Project(Path(folder) / "project", Path(folder) / "cache", "init", "-q", "-b", "main")
        project.write("a/b/x")
        project.commit()
        for step in history:
            project.fingerprint()
            step(project)
            project.fingerprint()
