"""Logs that are followed or polled, each with a command written for the case."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import CommandSettings
from pytest_syncguard.stack.drivers.base import Runtime
from pytest_syncguard.stack.drivers.command.child import Request
from pytest_syncguard.stack.drivers.command.logs import FollowedLog
from tests.stack.drivers.command.project import PATIENCE, driver_for, tool, watch
from tests.stack.drivers.command.test_tools import APP


def follow(root: Path, code: str, until: bytes) -> tuple[bytes, list[int]]:
    """All that a followed command tells until a text comes, and the ids of the processes it was."""
    pids: list[int] = []
    log = FollowedLog(Request((str(tool(root / "bin", "follow", code)),), root), 0.02, pids.append)
    told, end = b"", time.monotonic() + PATIENCE
    try:
        while until not in told and time.monotonic() < end:
            told += log.read(1 << 20)
            time.sleep(0.005)
    finally:
        log.close()
    return told, pids


COUNT = """
import pathlib, sys
runs = pathlib.Path("runs")
run = int(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text(str(run))
"""


def test_follower_that_ends_is_started_again(tmp_path: Path) -> None:
    """What it prints once more is skipped: each line is told once."""
    code = COUNT + "for line in range(run * 2): print('line', line)"

    told, pids = follow(tmp_path, code, b"line 5\n")

    assert told == b"".join(b"line %d\n" % line for line in range(told.count(b"\n")))
    assert len(pids) >= 3


def test_complaint_of_the_engine_costs_no_line(tmp_path: Path) -> None:
    """After a start that failed with a long complaint, the log goes on where it was."""
    code = COUNT + "if run == 2: sys.exit('E' * 500)\nfor line in range(run * 2): print('line', line)"

    told, _ = follow(tmp_path, code, b"line 5\n")

    before, after = told.split(b"E" * 400)
    lines = before + after.lstrip(b"E\n")
    assert lines == b"".join(b"line %d\n" % line for line in range(lines.count(b"\n")))


def test_follower_has_its_own_session(tmp_path: Path) -> None:
    """Ctrl-C at the terminal reaches the run alone, which then ends its commands in order."""
    told, _ = follow(tmp_path, "import os, time; print(os.getsid(0), flush=True); time.sleep(60)", b"\n")

    assert int(told) != os.getsid(0)


@pytest.mark.parametrize("follows", [False, True])
def test_down_comes_after_its_last_words(tmp_path: Path, bin_folder: Path, follows: bool) -> None:
    """A log that is slower than the status: DOWN is told only when the words that led to it were."""
    tool(bin_folder, "slow", "import time; time.sleep(0.5); print('out of cheese')")
    settings = CommandSettings(
        trigger=("true",),
        logs=("slow", "{since}"),
        follow=follows,
        status=("echo", "broken"),
        up="running",
        failed="broken",
        poll=5.0,
    )
    driver = driver_for(tmp_path, settings)

    seen = watch(driver.trigger(APP), lambda s: s.last.runtime is Runtime.DOWN)

    assert seen.output == b"out of cheese\n"
    driver.close()
