"""A project with a real git repository, for tests."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import TypeAlias

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprint, Fingerprinter

IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Dev",
    "GIT_AUTHOR_EMAIL": "dev@example.invalid",
    "GIT_COMMITTER_NAME": "Dev",
    "GIT_COMMITTER_EMAIL": "dev@example.invalid",
}

Contents: TypeAlias = frozenset[tuple[str, str, bytes]]


def git(folder: Path, *args: str, check: bool = True) -> str:
    """Run git in ``folder`` as a developer would, and return what it prints."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | IDENTITY
    done = subprocess.run(["git", "-c", "protocol.file.allow=always", *args], cwd=folder, env=env, capture_output=True)
    if check and done.returncode:
        raise AssertionError(f"git {' '.join(args)}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def stage(*sources: str, name: str = "server") -> Stage:
    return Stage(name, name, sources=sources)


class Project:
    """A folder, its repository if it has one, and two fingerprinters: one with a memory and one without."""

    def __init__(self, root: Path, cache: Path, *init: str) -> None:
        self.root, self.cache = root, cache
        root.mkdir(parents=True, exist_ok=True)
        if init:
            git(root, *init)

    def git(self, *args: str, check: bool = True) -> str:
        return git(self.root, *args, check=check)

    def write(self, path: str | bytes, content: str | bytes = "text\n") -> Path:
        file = self.root / os.fsdecode(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, message: str = "change") -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", message, "--allow-empty")

    def fingerprint(self, *sources: str) -> Fingerprint:
        """With the memory of the looks before, which must find the same as a look without."""
        found = look(self.root, stage(*sources), self.cache)
        assert found == look(self.root, stage(*sources), None)
        return found

    def digest(self, *sources: str) -> str:
        return self.fingerprint(*sources).digest


def look(root: Path, wanted: Stage, cache: Path | None) -> Fingerprint:
    fingerprinter = Fingerprinter(root, cache)
    try:
        return fingerprinter.take([wanted])[wanted.name]
    finally:
        fingerprinter.close()


def contents(root: Path) -> Contents:
    """The plain content map of a folder: path, kind and bytes of all that is no folder, git's own left out."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in [*names, *links]:
            path = Path(folder) / name
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                found.append((str(path.relative_to(root)), "link", os.fsencode(path.readlink())))
            elif name != ".git":
                kind = "executable" if mode & stat.S_IXUSR else "file"
                found.append((str(path.relative_to(root)), kind, path.read_bytes()))
    return frozenset(found)
