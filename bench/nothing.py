"""Nothing to do: what a gated run costs when everything is in sync, beside ``git status``.

100,000 tracked files, four stages. From the start of the process to the first test, at most
1.5 times ``git status`` plus 100 ms.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.tools import commit_all, run_quietly, table

SETTLED = 4.0  # seconds
STAGES = ("client", "server", "internal", "ui")
TEST = """
import time
from collections.abc import Callable
from pathlib import Path

def test_first():
    Path("first-test").write_text(repr(time.time()))
"""


def main() -> None:
    """Build the tree, sync once, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = make_project(Path(folder), options.files)
        run_quietly([sys.executable, "-m", "pytest_syncguard.cli", "sync"], root)
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *_only_ours(), "test_first.py"]
        status, gated, plain = in_turns(
            options.runs,
            lambda: seconds_of(["git", "status", "--porcelain"], root),
            lambda: until_first_test([*pytest, "--sync-stack"], root),
            lambda: until_first_test(pytest, root),
        )
    table(
        [
            ("git status", f"{status * 1000:6.0f} ms"),
            ("pytest, to the first test", f"{plain * 1000:6.0f} ms"),
            ("pytest --sync-stack, to the first test", f"{gated * 1000:6.0f} ms"),
            ("ratio (gated - 100 ms) / git status", f"{(gated - 0.1) / status:6.2f}  (at most 1.5)"),
            ("ratio gated / plain", f"{gated / plain:6.2f}"),
        ]
    )


def make_project(root: Path, files: int) -> Path:
    """A repository of so many small files in four stages that build nothing and serve nothing."""
    stages = "".join(
        f'[[stack.stage]]\nname = "{name}"\nsources = ["{name}/**"]\nbuild = ["true"]\none_shot = true\n'
        for name in STAGES
    )
    (root / "syncguard.toml").write_text(f'[stack]\ndriver = "process"\n{stages}')
    (root / "test_first.py").write_text(TEST)
    (root / ".gitignore").write_text("first-test\n.syncguard/\n__pycache__/\n")
    for number in range(files):
        folder = root / STAGES[number % len(STAGES)] / f"{number // 400:04d}"
        if number % 400 < len(STAGES):
            folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file{number}.txt").write_text(f"{number}\n")
    commit_all(root)
    run_quietly(["git", "status"], root)
    return root


def in_turns(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each, over rounds in which all take their turn, so that what else goes on burdens all alike.

    The first rounds do not count: what a look finds is remembered once nothing has changed for two seconds.
    """
    deadline = time.monotonic() + SETTLED
    while time.monotonic() < deadline:
        for measure in measures:
            measure()
    taken = [[measure() for measure in measures] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def seconds_of(argv: list[str], root: Path) -> float:
    """How long a process takes."""
    began = time.perf_counter()
    run_quietly(argv, root)
    return time.perf_counter() - began


def until_first_test(argv: list[str], root: Path) -> float:
    """Seconds from before the process starts until its first test runs."""
    began = time.time()
    subprocess.run(argv, cwd=root, check=True, capture_output=True)
    return float((root / "first-test").read_text()) - began


def _only_ours() -> list[str]:
    """Other plugins of this environment would be measured too."""
    return [
        argument
        for name in ("randomly", "rerunfailures", "cov", "html", "metadata", "asyncio", "hypothesispytest", "anyio")
        for argument in ("-p", f"no:{name}")
    ]


if __name__ == "__main__":
    main()
