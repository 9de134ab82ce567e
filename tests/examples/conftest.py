from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MADE = shutil.ignore_patterns(
    "build", "dist", "target", "node_modules", "logs", "__pycache__", ".*_cache", ".syncguard"
)
GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Path]:
    """Copies an example, without anything that was built there, into a git repository of its own."""

    def copy(name: str) -> Path:
        folder = shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=MADE)
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The example as it stands"]):
            subprocess.run([*GIT, *command], cwd=folder, check=True)
        return folder

    return copy
