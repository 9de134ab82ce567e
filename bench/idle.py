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

def pytest_collection_finish(session):
    taken = []
    for _ in range(9):
        begin = time.perf_counter()
        plugin.pytest_collection_finish(session)
        taken.append(time.perf_counter() - begin)
    print(f"\\nhook {sorted(taken)[4]}")
    begin = time.perf_counter()
    for item in session.items:
        for _ in plugin.LateMarkers().pytest_runtest_setup(item):
            pass
    print(f"late {time.perf_counter() - begin}")
"""


def main() -> None:
    """Print the figures; runs with and without are interleaved, so that both see the same machine."""
    imports = [float(run_quietly([sys.executable, "-c", IMPORT], Path.cwd())) for _ in range(IMPORTS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
        (folder / "test_many.py").write_text(SUITE)
        (folder / "clock.py").write_text(CLOCK)
        told = [line.split() for line in _pytest(folder, "-p", "clock").splitlines()]
        hook, late = (next(float(words[1]) for words in told if words[:1] == [name]) for name in ("hook", "late"))
        collect = _ratio(folder, "--collect-only")
        run = _ratio(folder)
    rows = [
        ("import on top of pytest, median", f"{1000 * statistics.median(imports):.2f} ms (at most 3)"),
        (f"the one hook, {TESTS:,} tests", f"{1000 * hook:.2f} ms (at most 15)"),
        (f"and where there are settings, {TESTS:,} tests", f"{1000 * late:.2f} ms"),
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
