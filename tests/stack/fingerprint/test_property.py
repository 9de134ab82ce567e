"""Random histories of a repository: equal digests if and only if equal contents."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_syncguard.stack.fingerprint import content
from tests.stack.fingerprint.project import Contents, Project, contents

PATHS = ("a", "b.txt", "src/a", "src/deep/c", "src/x y", "sub/z", "sub/deep/w.txt")
# Many of the same size, and such as only line ends, case or an expanded keyword tells apart.
CONTENTS = (b"", b"1\n\n", b"2\n\n", b"1\r\n", b"$Id$\n", b"$Id: 0$\n", b"A\n", b"a\n")
REPOSITORY = (
    *(("add", "-A"), ("commit", "-qm", "x", "--allow-empty"), ("stash", "-q"), ("stash", "-qu")),
    *(("stash", "pop", "-q"), ("reset", "-q"), ("reset", "-q", "--hard"), ("status",), ("gc", "-q")),
    *(("checkout", "-q", "-B", "other"), ("checkout", "-q", "-f", "main"), ("merge", "-q", "other")),
    *(("merge", "--abort"), ("clean", "-fdq"), ("update-index", "--refresh", "-q")),
    *(("update-index", "--split-index"), ("update-index", "--index-version", "4")),
)
FILE = (
    *(("add",), ("add", "-N"), ("rm", "-q", "--cached", "-f"), ("checkout", "-q", "--")),
    *(("update-index", "--assume-unchanged"), ("update-index", "--no-assume-unchanged")),
    *(("update-index", "--skip-worktree"), ("update-index", "--no-skip-worktree")),
    *(("update-index", "--chmod=+x"), ("update-index", "--chmod=-x")),
)


SECONDS = count(1_000_000_000, 10)


def write(project: Project, path: str, data: bytes) -> None:
    project.write(path, data)


def write_later(project: Project, path: str, data: bytes) -> None:
    """Write as if some seconds had passed since the last time."""
    now = next(SECONDS)
    os.utime(project.write(path, data), (now, now))


def rewrite(project: Project, path: str, data: bytes) -> None:
    """Write, and put the old modification time back."""
    file = project.root / path
    before = file.stat().st_mtime_ns
    project.write(path, data)
    os.utime(file, ns=(before, before))


def attributes(project: Project, path: str, data: bytes) -> None:
    project.write(".gitattributes", b"* text=auto\n*.txt eol=crlf ident\n" if data else b"")


CHANGES: tuple[Callable[[Project, str, bytes], object], ...] = (
    attributes,
    lambda project, path, _: (project.root / path).unlink(),
    lambda project, path, _: (project.root / path).rename(project.root / "moved"),
    lambda project, path, _: (project.root / path).chmod(0o755),
    lambda project, path, _: (project.root / path).chmod(0o644),
    lambda project, path, _: (project.root / path).symlink_to("b.txt"),
    lambda project, path, _: (project.root / "src").rename(project.root / "sub/src"),
    lambda project, path, _: (project.root / "src").symlink_to("sub"),
    lambda project, path, _: (project.root / "sub").rename(project.root / "src"),
    lambda project, path, _: Project(project.root / "sub", project.cache, "init", "-q"),
    lambda project, path, _: Project(project.root / "sub", project.cache).git("add", "-A", check=False),
)

Step = Callable[[Project], object]


def changing(change: Callable[[Project, str, bytes], object], path: str, data: bytes) -> Step:
    def step(project: Project) -> None:
        try:
            change(project, path, data)
        except OSError:  # the file is not there, or a folder is: a change that cannot be made
            return

    return step


def command(*args: str) -> Step:
    return lambda project: project.git(*args, check=False)


def steps(*writing: Callable[[Project, str, bytes], object]) -> st.SearchStrategy[list[Step]]:
    """Up to 25 things that a developer does, with these ways to write a file."""
    changes = st.sampled_from((*writing, *CHANGES))
    return st.lists(
        st.one_of(
            st.builds(changing, changes, st.sampled_from(PATHS), st.sampled_from(CONTENTS)),
            st.builds(lambda args: command(*args), st.sampled_from(REPOSITORY)),
            st.builds(lambda args, path: command(*args, path), st.sampled_from(FILE), st.sampled_from(PATHS)),
        ),
        min_size=1,
        max_size=25,
    )


def follow(history: list[Step]) -> None:
    """Take each step and compare the digest with what lies on the disk, against all states there were."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "project", Path(folder) / "cache", "init", "-q", "-b", "main")
        for number, path in enumerate(PATHS):
            write_later(project, path, CONTENTS[number])
        project.commit()
        by_content: dict[Contents, str] = {}
        by_digest: dict[str, Contents] = {}
        for step in history:
            step(project)
            now, digest = contents(project.root), project.digest()

            assert by_content.setdefault(now, digest) == digest
            assert by_digest.setdefault(digest, now) == now


LIMITS = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@LIMITS
@given(steps(write, write, rewrite))
def test_digests_are_equal_exactly_if_contents_are(history: list[Step]) -> None:
    """Whatever a developer does to files, index and branches, at once and however often things come back."""
    follow(history)


@LIMITS
@given(steps(write_later, write_later))
def test_so_they_are_for_files_that_git_is_trusted_with(history: list[Step]) -> None:
    """The same where no file counts as fresh, so that git's own comparison decides."""
    with mock.patch.object(content, "FRESH_NS", -(10**15)):
        follow(history)
