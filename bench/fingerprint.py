"""What the look at unchanged sources costs, as ratios to `git status` measured in the same run.

Usage: python bench/fingerprint.py [FILES]   (default 100000; the tree is made in a temporary folder)
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprinter

ROUNDS = 9
FOLDER_SIZE = 100
STAGES = tuple(
    Stage(name, name, sources=(f"{name}/**", "types/**", "*.toml")) for name in ("client", "server", "service", "ui")
)


def make_tree(root: Path, files: int) -> None:
    """A repository with ``files`` tracked files in six top folders, committed, its index settled."""
    tops = (*(stage.name for stage in STAGES), "types", "docs")
    for number in range(0, files, FOLDER_SIZE):
        folder = root / tops[number // FOLDER_SIZE % len(tops)] / f"part{number}"
        folder.mkdir(parents=True)
        for place in range(number, min(number + FOLDER_SIZE, files)):
            (folder / f"file{place}.rs").write_text(f"pub const N: u32 = {place};\n" * 20)
    (root / "Cargo.toml").write_text("[workspace]\n")
    git(root, "init", "-q")
    git(root, "config", "gc.auto", "0")  # it would go on in the background and bear on the figures
    git(root, "add", "-A")
    git(root, "-c", "user.name=Dev", "-c", "user.email=dev@example.invalid", "commit", "-qm", "tree")
    time.sleep(3)  # until no file is so fresh that git, or we, would look at it twice
    git(root, "status")


def git(root: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=root, stdout=subprocess.DEVNULL, check=True)


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def take(root: Path, cache: Path | None) -> float:
    """Seconds for all stages, by a fingerprinter that is as new as a process."""
    fingerprinter = Fingerprinter(root, cache)
    try:
        return seconds(lambda: fingerprinter.take(STAGES))
    finally:
        fingerprinter.close()


def overlapped(root: Path, cache: Path, status: float) -> float:
    """Seconds that are left to wait for when the caller was busy as long as `git status` takes."""
    fingerprinter = Fingerprinter(root, cache)
    try:
        starting = seconds(lambda: fingerprinter.start(STAGES))
        end = time.perf_counter() + status
        while time.perf_counter() < end:
            sum(range(1000))
        return starting + seconds(lambda: fingerprinter.take(STAGES))
    finally:
        fingerprinter.close()


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="syncguard-bench-") as folder:
        root, cache = Path(folder) / "tree", Path(folder) / "cache"
        root.mkdir()
        make_tree(root, files)
        first = take(root, cache)
        rows: list[tuple[float, float, float]] = []
        for _ in range(ROUNDS):  # side by side, so that a busy machine bears on all of them
            status = seconds(lambda: git(root, "status"))
            rows.append((status, take(root, cache), overlapped(root, cache, status)))
        status, again, waiting = (statistics.median(column) for column in zip(*rows, strict=True))
        git(root, "update-index", "--chmod=+x", "Cargo.toml")
        moved = take(root, cache)
        os.utime(root / "Cargo.toml")
        listing = seconds(lambda: Fingerprinter(root, cache).manifest(STAGES[0]))
    print(f"fingerprints of {len(STAGES)} stages, {files:,} tracked files, git status {status * 1000:.0f} ms")
    for what, value in (
        ("nothing changed", again),
        ("nothing changed, started before", waiting),
        ("first look", first),
        ("the index was written", moved),
        ("list of one stage's files", listing),
    ):
        print(f"  {what:34} {value * 1000:6.0f} ms  {value / status:5.2f} x git status")


if __name__ == "__main__":
    main()
