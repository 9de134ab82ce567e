"""What a pytest run pays that asks for nothing of ours: at import, and with 10,000 tests."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.tools import run_quietly, table

TESTS = 10_000
IMPORTS = 15  # fresh interpreters
ROUNDS = 3  # runs with and without, in turn
IMPORT = """
import time, pytest, _pytest.pytester, _pytest.junitxml
begin = time.perf_counter()
import pytest_syncguard.plugin, pytest_syncguard.hookspecs
print(time.perf_counter() - begin)
"""
SUITE = f"""
import pytest

@pytest.mark.slow
class TestMany:
    @pytest.mark.parametrize("n", range({TESTS}))
    def test_it(self, tmp_path_factory, n):
        pass
"""
CLOCK = """
import time
import pytest_syncguard.plugin as plugin

def pytest_collection_modifyitems(config, items):
    taken = []
    for _ in range(9):
        begin = time.perf_counter()
        plugin.pytest_collection_modifyitems(config, items)
        taken.append(time.perf_counter() - begin)
    print(f"\\nhook {sorted(taken)[4]} for {len(items)}")
"""


def main() -> None:
    """Print the figures; runs with and without are interleaved, so that both see the same machine."""
    imports = [float(run_quietly([sys.executable, "-c", IMPORT], Path.cwd())) for _ in range(IMPORTS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
        (folder / "test_many.py").write_text(SUITE)
        (folder / "clock.py").write_text(CLOCK)
        hook = next(line for line in _pytest(folder, "-p", "clock").splitlines() if line.startswith("hook "))
        collect = _ratio(folder, "--collect-only")
        run = _ratio(folder)
    rows = [
        ("import on top of pytest, median", f"{1000 * statistics.median(imports):.2f} ms (at most 3)"),
        (f"the one hook, {TESTS:,} tests", f"{1000 * float(hook.split()[1]):.2f} ms (at most 15)"),
        (f"collecting {TESTS:,} tests, with / without", collect),
        (f"running {TESTS:,} tests, with / without", run),
    ]
    table(rows)


def _ratio(folder: Path, *args: str) -> str:
    """The fastest of some runs with us over the fastest without."""
    with_us, without = [], []
    for _ in range(ROUNDS):
        with_us.append(_seconds(folder, "-p", "syncguard", *args))
        without.append(_seconds(folder, "-p", "no:syncguard", *args))
    return f"{min(with_us) / min(without):.3f} ({min(with_us):.2f} s / {min(without):.2f} s)"


def _seconds(folder: Path, *args: str) -> float:
    began = time.perf_counter()
    _pytest(folder, *args)
    return time.perf_counter() - began


def _pytest(folder: Path, *args: str) -> str:
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(folder)}
    argv = [sys.executable, "-m", "pytest", "-qq", "-s", "-p", "no:cacheprovider", *args]
    return run_quietly(argv, folder, {**env, "PYTEST_ADDOPTS": ""})


if __name__ == "__main__":
    main()
