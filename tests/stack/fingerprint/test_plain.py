"""Where git keeps nothing, or is not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from tests.stack.fingerprint.project import Project
from tests.stack.fingerprint.test_git import restored


@pytest.fixture(params=["no repository", "no git"])
def folder(request: pytest.FixtureRequest, plain: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The same files, once without a repository, once in one but without git on the PATH."""
    if request.param == "no git":
        plain.git("init", "-q")
        plain.git("add", "-A")
        monkeypatch.setenv("PATH", str(plain.root / "nothing"))
    return plain


def test_every_kind_of_change_is_seen(folder: Project) -> None:
    """Content (of the same size, with the old time), modes, links, new and deleted files; and the way back."""
    digests = [folder.digest()]
    restored(folder.root / "src/a.py", "a = 2\n")
    digests.append(folder.digest())
    (folder.root / "src/a.py").chmod(0o755)
    digests.append(folder.digest())
    (folder.root / "src/link").symlink_to("a.py")
    digests.append(folder.digest())
    folder.write(b"src/a \n\xff.py")
    digests.append(folder.digest())
    (folder.root / "lib/b.py").unlink()
    digests.append(folder.digest())

    assert len(set(digests)) == 6
    folder.write("lib/b.py", "b = 1\n")
    assert folder.digest() == digests[4]


def test_an_old_file_is_remembered_until_it_changes(folder: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that did not change lately are not read again, and are read again when they did."""
    monkeypatch.setattr("pytest_syncguard.stack.fingerprint.content.FRESH_NS", -1)
    before = folder.digest()
    again = folder.digest()
    restored(folder.root / "src/a.py", "a = 2\n")

    assert before == again != folder.digest()


@pytest.mark.parametrize(
    "name", ["node_modules", "target", "__pycache__", ".pytest_cache", ".venv", ".git", ".syncguard"]
)
def test_what_tools_make_does_not_count(folder: Project, name: str) -> None:
    """Folders that nobody writes by hand are left out where no ignore rules say so."""
    before = folder.digest()
    folder.write(f"{name}/deep/x.py")
    root_level = folder.digest()
    folder.write(f"src/{'target' if name.startswith('.') else name}/x.py")

    assert before == root_level == folder.digest()


def test_an_unreadable_file_is_named_with_the_cure(folder: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is never guessed; the sentence names the file and what to do."""
    real_open = os.open

    def refuse(path: str | bytes, *args: int) -> int:
        if os.fsencode(path).endswith(b"src/a.py"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real_open(path, *args)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(FingerprintError) as caught:
            folder.digest()

    assert str(caught.value).startswith("cannot read src/a.py: Permission denied; make it readable (chmod u+r)")


def test_an_unreadable_folder_is_named(plain: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be listed is an error too, not an empty one."""
    real_scandir = os.scandir

    def refuse(path: bytes) -> object:
        if path.endswith(b"/src"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real_scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        with pytest.raises(FingerprintError, match=r"^cannot read src: Perm"):
            plain.digest()


def test_a_file_that_is_always_written_is_named(plain: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading during which the file changes is no reading."""
    real_fstat, calls = os.fstat, iter(range(1_000_000))

    def moving(handle: int) -> object:
        (plain.root / "src/a.py").touch()
        os.utime(plain.root / "src/a.py", ns=(1, next(calls)))
        return real_fstat(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", moving)
        with pytest.raises(FingerprintError, match=r"a\.py changes while it is"):
            plain.digest("src")


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    """Nothing to cover is said, not raised."""
    found = Project(tmp_path / "empty", tmp_path / "cache").fingerprint()

    assert found.files == 0
    assert found.warnings == (f'stage "server": covers no file in {tmp_path / "empty"}',)
