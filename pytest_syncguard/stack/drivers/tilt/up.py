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


class OwnTilt:
    """A ``tilt up`` that was just started, and is waited for."""

    def __init__(self, child: subprocess.Popen[bytes], log: Path) -> None:
        self._child = child
        self._log = log
        self._deadline = time.monotonic() + START_LIMIT

    def check(self, error: DriverUnavailable) -> None:
        """Raise when it has ended, or does not answer in time: ``error`` is what it answered last."""
        if self._child.poll() is not None:
            raise DriverUnavailable(
                f"tilt up ended with exit code {self._child.returncode}: {_last_words(self._log)} (log: {self._log})"
            )
        if time.monotonic() > self._deadline:
            raise DriverUnavailable(f"tilt up gave no answer within {START_LIMIT:g} s: {error} (log: {self._log})")

    def release(self) -> None:
        """It answers: from now on it is on its own, and nobody waits for its end."""
        self._child.returncode = 0


def start_tilt(settings: Settings) -> OwnTilt:
    """Start ``tilt up`` in a session of its own; it outlives this process."""
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
    return OwnTilt(child, log)


def stop_tilt(settings: Settings) -> list[str]:
    """End the Tilt that `start_tilt` started, if it still is that one."""
    note = _note(settings)
    try:
        known = json.loads(note.read_text())
    except (OSError, ValueError):
        return []
    note.unlink(missing_ok=True)
    pid = known["pid"]
    if known["started"] is None or _started(pid) != known["started"]:
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


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it wrote nothing"


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
