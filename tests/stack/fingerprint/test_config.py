"""Settings of the repository that make git look away, convert content or run commands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.stack.fingerprint.project import Project
from tests.stack.fingerprint.test_git import restored


def script(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("core.trustctime", "false"),
        ("core.checkStat", "minimal"),
        ("core.ignoreStat", "true"),
        ("core.fileMode", "false"),
        ("core.symlinks", "false"),
        ("core.untrackedCache", "true"),
        ("core.preloadIndex", "false"),
        ("status.showUntrackedFiles", "no"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.relative", "true"),
        ("index.skipHash", "true"),
    ],
)
def test_no_setting_of_the_repository_hides_a_change(project: Project, key: str, value: str) -> None:
    """Whatever makes git itself look less closely: content, mode and new files are seen."""
    project.git("config", key, value)
    project.write("lib/b.py", "b = 2\n")
    project.git("add", "-A")
    digests = [project.digest()]
    restored(project.root / "src/a.py", "a = 2\n")
    digests.append(project.digest())
    (project.root / "src/a.py").chmod(0o755)
    digests.append(project.digest())
    project.write("src/new.py")
    digests.append(project.digest())

    assert len(set(digests)) == 4


def test_neither_monitor_nor_hooks_are_run(project: Project, tmp_path: Path) -> None:
    """A file system monitor that says that nothing changed is not even asked."""
    monitor = script(tmp_path / "monitor", f"touch {tmp_path}/ran\nprintf 'token\\0'")
    project.git("config", "core.fsmonitor", monitor)
    project.git("update-index", "--fsmonitor")
    project.git("status")
    (tmp_path / "ran").unlink()
    before = project.digest()
    restored(project.root / "src/a.py", "a = 2\n")

    assert project.digest() != before
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("settled")
def test_line_ends_count_as_they_are_on_the_disk(project: Project) -> None:
    """Git stores both as the same blob; a shell script with the wrong line ends is still broken."""
    project.write(".gitattributes", "* text=auto\n")
    project.write("src/run.sh", "echo\nls\n")
    project.commit()
    unix = project.digest()
    project.write("src/run.sh", "echo\r\nls\r\n")
    dos = project.digest()
    project.git("add", "-A")
    added = project.digest()
    project.commit()
    committed = project.digest()
    restored(project.root / "src/run.sh", "echo\r\nps\r\n")
    edited = project.digest()
    project.write("src/run.sh", "echo\nls\n")

    assert unix != dos == added == committed != edited
    assert project.digest() == unix


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("attribute", ["filter=lower", "ident", "working-tree-encoding=UTF-16"])
def test_conversions_hide_nothing_and_run_nothing(project: Project, tmp_path: Path, attribute: str) -> None:
    """A clean filter that maps many contents to one: each of them is another source, and the filter rests."""
    clean = script(tmp_path / "clean", f"touch {tmp_path}/ran\ntr A-Z a-z")
    project.git("config", "filter.lower.clean", clean)
    project.git("config", "filter.lower.required", "true")
    project.write(".gitattributes", f"*.txt {attribute}\n")
    project.write("src/x.txt", "abc $Id: 1$\n".encode("utf-16"))
    project.commit()
    project.git("status")
    (tmp_path / "ran").unlink(missing_ok=True)
    before = project.digest()
    restored(project.root / "src/x.txt", "ABC $Id: 2$\n", "utf-16")
    edited = project.digest()
    assert not (tmp_path / "ran").exists()
    project.git("status")
    project.git("add", "-A")
    added = project.digest()
    restored(project.root / "src/x.txt", "abc $Id: 1$\n", "utf-16")

    assert before != edited == added
    assert project.digest() == before


@pytest.mark.usefixtures("settled")
def test_an_attribute_that_comes_later_changes_nothing(project: Project) -> None:
    """Attributes change how git stores files, not what lies on the disk."""
    project.write("src/x.txt", "a\r\n")
    project.commit()
    before = project.digest("src")
    project.write(".gitattributes", "*.txt text eol=lf\n")
    project.git("add", "--renormalize", ".")
    renormalized = project.digest("src")
    project.commit()

    assert before == renormalized == project.digest("src")


def test_git_of_the_developer_is_left_alone(project: Project) -> None:
    """No lock is taken, none is waited for, and the index is not written."""
    os.utime(project.root / "src/a.py", (1, 1))
    index = project.root / ".git/index"
    lock = project.write(".git/index.lock", "")
    before, listed = index.stat(), set((project.root / ".git").iterdir())
    project.digest()

    assert (index.stat().st_mtime_ns, index.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert set((project.root / ".git").iterdir()) == listed
    assert lock.exists()
