"""What globs cover."""

from __future__ import annotations

import pytest

from pytest_syncguard.stack.fingerprint.fingerprinter import only_settings_differ
from pytest_syncguard.stack.fingerprint.sources import Selection
from tests.stack.fingerprint.project import Project

PATHS = sorted(
    path.encode()
    for path in (
        "README.md",
        "Src/a.py",
        "a+b.py",
        "docs/[x].md",
        "src",
        "src/.hidden",
        "src/a.py",
        "src/ab.py",
        "src/deep/a.py",
        "src/deep/er/b.ts",
        "src2/a.py",
        "web/src/index.ts",
        "web/src/line\nbreak.ts",
    )
)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["README.md"], "README.md"),
        (["src"], "src src/.hidden src/a.py src/ab.py src/deep/a.py src/deep/er/b.ts"),
        (["src/**"], "src src/.hidden src/a.py src/ab.py src/deep/a.py src/deep/er/b.ts"),
        (["./src/"], "src src/.hidden src/a.py src/ab.py src/deep/a.py src/deep/er/b.ts"),
        (["src/*.py"], "src/a.py src/ab.py"),
        (["src/?.py"], "src/a.py"),
        (["src/*"], "src/.hidden src/a.py src/ab.py src/deep/a.py src/deep/er/b.ts"),
        (["src/**/*.py"], "src/a.py src/ab.py src/deep/a.py"),
        (["src/**/er/**"], "src/deep/er/b.ts"),
        (["**/*.ts"], "src/deep/er/b.ts web/src/index.ts web/src/line\nbreak.ts"),
        (["**/er"], "src/deep/er/b.ts"),
        (["web/**/src"], "web/src/index.ts web/src/line\nbreak.ts"),
        (["*.md"], "README.md"),
        (["*/src/*.ts"], "web/src/index.ts web/src/line\nbreak.ts"),
        (["[Ss]rc/a.py"], "Src/a.py src/a.py"),
        (["[!s]rc/a.py"], "Src/a.py"),
        (["src[0-9]"], "src2/a.py"),
        (["src[!0-9]a.py"], ""),
        (["src[z-a]"], ""),
        (["docs/\\[x\\].md"], "docs/[x].md"),
        (["docs/[[]x[]].md"], "docs/[x].md"),
        (["docs/[x.md"], ""),
        (["a+b.py"], "a+b.py"),
        (["../src"], ""),
        (["src/../README.md"], ""),
        (["src/deep", "README.md"], "README.md src/deep/a.py src/deep/er/b.ts"),
        (["src", "!src/deep"], "src src/.hidden src/a.py src/ab.py"),
        (["!src/deep", "src/**", "!**/.hidden"], "src src/a.py src/ab.py"),
        (["!src", "!web", "!*.md"], "Src/a.py a+b.py docs/[x].md src2/a.py"),
    ],
    ids=str,
)  # fmt: skip
def test_globs_cover(sources: list[str], expected: str) -> None:
    """Names, wildcards, folders with all below them, and what is taken out again."""
    marks, _ = Selection.parse(sources).mark(PATHS)

    assert " ".join(path.decode() for path, mark in zip(PATHS, marks, strict=True) if mark) == expected


@pytest.mark.parametrize("sources", [["**"], ["."], []], ids=str)
def test_everything_is_covered(sources: list[str]) -> None:
    """Two globs and no glob at all that mean the whole project."""
    marks, _ = Selection.parse(sources).mark(PATHS)

    assert all(marks)


def test_a_glob_that_matches_nothing_is_named(project: Project) -> None:
    """One warning for each glob that brings nothing in; what only takes out may match nothing."""
    found = project.fingerprint("kernel/**", "src/*.py", "*.rs", "!none")

    assert found.files == 1
    assert found.warnings == (
        'stage "server": sources "kernel/**" matches no file',
        'stage "server": sources "*.rs" matches no file',
    )
    assert not found.blind


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        (["sever/**"], 'sources "sever/**" matches no file'),
        (["a/**", "b.py"], 'sources "a/**" matches no file; sources "b.py" matches no file'),
        ([], ""),
    ],
    ids=str,
)
def test_sources_that_all_match_nothing_leave_a_stage_blind(project: Project, sources: list[str], why: str) -> None:
    """No edit would be seen, so why is told; a stage without sources covers everything."""
    assert project.fingerprint(*sources).blind == why


@pytest.mark.parametrize("source", ["made", "made/", "made/**", "made/out.js"])
def test_a_source_that_git_ignores_is_told_as_that(project: Project, source: str) -> None:
    """It is there, so that "matches no file" would puzzle whoever looks for it."""
    project.write(".gitignore", "made/\n")
    project.write("made/out.js")

    assert project.fingerprint(source).blind == f'sources "{source}" is ignored by git, so its changes are not seen'
    (warning,) = project.fingerprint(source, "src/**").warnings
    assert "is ignored by git" in warning
    assert "matches no file" in project.fingerprint("made/no.js", "src/gone").warnings[1]


def test_warnings_follow_the_work_tree(project: Project) -> None:
    """Files that come count at once, files that went do not, whatever the index says."""
    (project.root / "src/a.py").unlink()
    gone = project.fingerprint("src/**", "new/**")
    project.write("new/x.py")
    project.write("src/a.py", "a = 1\n")

    assert len(gone.warnings) == 2
    assert project.fingerprint("src/**", "new/**").warnings == ()


def test_sources_that_take_everything_out_again_are_named(project: Project) -> None:
    """A stage that covers no file at all says so."""
    found = project.fingerprint("src/**", "!src")

    assert found.warnings == (f'stage "server": covers no file in {project.root}',)
    assert found.blind == f"covers no file in {project.root}"


def test_what_differs_between_two_digests_can_be_told(project: Project) -> None:
    """The same files under other settings, or other files."""
    before, others = project.digest("src/**"), project.digest("src/*.py")
    project.write("src/a.py", "a = 2\n")
    after = project.digest("src/**")

    assert before != others
    assert only_settings_differ(before, others)
    assert not only_settings_differ(before, after)
