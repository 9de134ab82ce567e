"""``[stack.tilt] up = true``: a Tilt of our own, in the background, when none answers."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.machine import refusal
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.stack.drivers.base import DriverUnavailable
from pytest_syncguard.stack.drivers.environment import lasting
from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.verdict import shown_path

START_LIMIT = 60.0  # seconds until a fresh Tilt must answer
STOP_LIMIT = 20.0  # seconds it may take to end its services
KILL_LIMIT = 2.0  # seconds that a killed process may take to be gone


class OwnTilt:
    """A ``tilt up`` that was just started, and is waited for."""

    def __init__(self, child: subprocess.Popen[bytes], log: Path) -> None:
        self._child = child
        self._log = log
        self._shown = shown_path(log)
        self._deadline = time.monotonic() + START_LIMIT

    def check(self, error: DriverUnavailable) -> None:
        """Raise when it has ended, or does not answer in time: ``error`` is what it answered last."""
        if self._child.poll() is not None:
            raise DriverUnavailable(
                f"tilt up ended with exit code {self._child.returncode}: {_last_words(self._log)} (log: {self._shown})"
            )
        if time.monotonic() > self._deadline:
            raise DriverUnavailable(f"tilt up gave no answer within {START_LIMIT:g} s: {error} (log: {self._shown})")

    def release(self) -> None:
        """It answers: from now on it is on its own, and nobody waits for its end."""
        self._child.returncode = 0


def start_tilt(settings: Settings) -> OwnTilt:
    """Start ``tilt up`` in a session of its own; it outlives this process, and knows nothing of it."""
    tilt = shutil.which("tilt")
    if tilt is None:
        raise DriverUnavailable("no tilt on the PATH: install Tilt (https://docs.tilt.dev)")
    log, note = settings.state / "logs" / "tilt.log", _note(settings)
    address = settings.stack.tilt
    try:
        for path in (log, note):
            path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # one is kept; what this Tilt says stands alone
            log.replace(log.with_name(f"{log.name}.1"))
        with log.open("ab") as out:
            child = subprocess.Popen(
                [tilt, "up", "--stream=true", f"--host={address.host}", f"--port={address.port}"],
                cwd=settings.root,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**lasting(), "TILT_DISABLE_ANALYTICS": "1"},
                start_new_session=True,
            )
        _keep(note, child)
    except OSError as error:
        raise DriverUnavailable(f"tilt up cannot be started: {refusal(error, doing=str(log)) or error}") from None
    return OwnTilt(child, log)


def stop_tilt(settings: Settings) -> list[str]:
    """End the Tilt that `start_tilt` started, if it still is that one. It is forgotten once it has ended."""
    note = _note(settings)
    tilt = _noted(note)
    if tilt is None:
        return []
    ran = tilt.alive
    if ran:
        tilt.send(signal.SIGINT)
        if not tilt.wait(STOP_LIMIT):
            _kill(tilt)
    if tilt.alive:
        raise SyncguardError(f"tilt up (pid {tilt.pid}) cannot be stopped: end it yourself")
    note.unlink(missing_ok=True)
    return [f"stopped tilt up (pid {tilt.pid})"] if ran else []


def _kill(tilt: Proc) -> None:
    """End it by force, with the services that it can no longer end itself."""
    import psutil

    family = [tilt]
    with suppress(psutil.Error):
        family += [Proc.of(child.pid) for child in psutil.Process(tilt.pid).children(recursive=True)]
    for process in family:
        process.send(signal.SIGKILL)
    for process in family:
        process.wait(KILL_LIMIT)


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it wrote nothing"


def _note(settings: Settings) -> Path:
    return settings.state / "run" / "tilt.json"


def _keep(note: Path, tilt: subprocess.Popen[bytes]) -> None:
    """Replaced as a whole: a killed run never leaves half a note. What cannot be noted is not left running."""
    draft = note.with_suffix(".new")
    try:
        draft.write_text(json.dumps(Proc.of(tilt.pid)._asdict()))
        draft.replace(note)
    except OSError:
        tilt.kill()
        tilt.wait()
        raise


def _noted(note: Path) -> Proc | None:
    try:
        known = json.loads(note.read_text())
        return Proc(int(known["pid"]), str(known["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
