"""One question to a command: whatever it is, it ends, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from pytest_syncguard.stack.drivers.tilt.question import ask


def test_what_a_command_left_behind_ends_with_the_question(tmp_path: Path) -> None:
    """It has ended itself, and a child of it keeps its output open."""
    pid = tmp_path / "pid"
    with pytest.raises(subprocess.TimeoutExpired):
        ask(["sh", "-c", f"sleep 60 & echo $! > {pid}"], os.environ, 0.5)

    left = int(pid.read_text())
    gone, _ = psutil.wait_procs([psutil.Process(left)] if psutil.pid_exists(left) else [], timeout=10)
    assert not psutil.pid_exists(left) or gone or psutil.Process(left).status() == psutil.STATUS_ZOMBIE
