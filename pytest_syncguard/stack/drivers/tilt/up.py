"""``[stack.tilt] up = true``: a Tilt of our own, in the background, when none answers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from pytest_syncguard.settings.model import Settings
from pytest_syncguard.stack.drivers.base import DriverUnavailable

START_LIMIT = 60.0  # seconds until a fresh Tilt must answer
STOP_LIMIT = 20.0  # seconds it may take to end its services


def start_tilt(settings: Settings) -> float:
    """Start ``tilt up`` in a session of its own; returns how many seconds to wait for it."""
    tilt = shutil.which("tilt")
    if tilt is None:
        raise DriverUnavailable("no tilt on the PATH: install Tilt (https://docs.tilt.dev)")
    log = settings.state / "logs" / "tilt.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    address = settings.stack.tilt
    with log.open("ab") as out:
        child = subprocess.Popen(
            [tilt, "up", "--stream=true", f"--host={address.host}", f"--port={address.port}"],
            cwd=settings.root,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, "TILT_DISABLE_ANALYTICS": "1"},
            start_new_session=True,
        )
    _note(settings).write_text(json.dumps({"pid": child.pid, "started": _started(child.pid)}))
    time.sleep(0.2)
    if child.poll() is not None:
        raise DriverUnavailable(f"tilt up ended at once with exit code {child.returncode}: see {log}")
    return START_LIMIT


def stop_tilt(settings: Settings) -> list[str]:
    """End the Tilt that `start_tilt` started, if it still is that one."""
    note = _note(settings)
    try:
        known = json.loads(note.read_text())
    except (OSError, ValueError):
        return []
    note.unlink(missing_ok=True)
    pid = known["pid"]
    if _started(pid) != known["started"]:
        return []
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_LIMIT
    while _started(pid) == known["started"] and time.monotonic() < deadline:
        time.sleep(0.05)
    if _started(pid) == known["started"]:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    return [f"stopped tilt up (pid {pid})"]


def _note(settings: Settings) -> Path:
    path = settings.state / "run" / "tilt.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _started(pid: int) -> float | None:
    """When the process began, None when it is gone: a pid alone may be somebody else's by now."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None
