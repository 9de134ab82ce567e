"""What several benchmarks share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each start would be one of the compiler, too
IDENTITY = ("-c", "user.name=dev", "-c", "user.email=dev@example.com", "-c", "commit.gpgsign=false")


def run_quietly(argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run to the end; returns what it printed, raises with that when it failed."""
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def commit_all(folder: Path) -> None:
    """Make the folder a repository with one commit of all there is."""
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "begin"]):
        run_quietly(["git", *IDENTITY, *arguments], folder)


def table(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and figures in two columns."""
    width = max(len(name) for name, _ in rows)
    for name, figure in rows:
        print(f"{name:<{width}}  {figure}")
