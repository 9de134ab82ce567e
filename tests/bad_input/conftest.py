"""The project that bad input is given to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import engines
from tests.bad_input.shop import Shop, small_disk
from tests.stack.lab import git


@pytest.fixture
def plain(tmp_path: Path) -> Shop:
    """The project outside of any repository, never synced."""
    root = tmp_path / "shop"
    root.mkdir()
    shop = Shop(root)
    shop.settle()
    for stage in ("client", "server"):
        shop.write(f"{stage}/source.txt", "as it was")
    shop.write("test_shop.py", "def test_shop(): pass\n")
    shop.write("pytest.ini", "[pytest]\n")
    return shop


@pytest.fixture
def shop(plain: Shop) -> Iterator[Shop]:
    """The project in a repository of its own. Whatever a test forbids is allowed again afterwards."""
    plain.write(".gitignore", ".syncguard/\nlogs/\n__pycache__/\n")
    git(plain.root, "init", "--quiet")
    git(plain.root, "add", "--all")
    git(plain.root, "commit", "--quiet", "--message", "begin")
    yield plain
    for folder in (plain.root, *(path for path in plain.root.iterdir() if path.is_dir() and not path.is_symlink())):
        folder.chmod(0o755)


@pytest.fixture
def fake(shop: Shop) -> Shop:
    """The project on the fake stack."""
    shop.fake()
    return shop


@pytest.fixture
def mounts(tmp_path: Path) -> None:
    """Needs the right to mount within a process of one's own."""
    argv = [*small_disk("4k", tmp_path / "mounted"), "true"]
    engines.need("mount")
    if (done := subprocess.run(argv, capture_output=True, text=True)).returncode:
        engines.lacking("mount", f"nothing can be mounted here ({done.stderr.strip()})")
