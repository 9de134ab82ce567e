"""docker_compose behind the real Tilt: what it tells of containers. Only docker itself is ours."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_syncguard.settings.load import load_settings
from pytest_syncguard.stack.drivers.tilt import TiltDriver
from pytest_syncguard.stack.guard import StackGuard
from pytest_syncguard.verdict import GuardFinished, Status
from tests import engines
from tests.stack.drivers.tilt import compose_engine

PATIENCE = 30.0
FILES = {
    "Tiltfile": "docker_compose('docker-compose.yml')\n"
    "dc_resource('server', new_name='back', trigger_mode=TRIGGER_MODE_MANUAL)\n",
    "docker-compose.yml": "name: app\nservices:\n  server:\n    image: none\n",
    "src/main.py": "one",
    "syncguard.toml": """
[stack]
driver = "tilt"

[[stack.stage]]
name = "back"
sources = ["src/**"]
success = ['listening on']
settle = "200ms"
timeout = "25s"
""",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with a service of docker_compose, and the real Tilt that runs it."""
    engines.need("tilt")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f"#!{sys.executable}\n{Path(compose_engine.__file__).read_text()}")
    docker.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as short:  # a socket's path has 107 letters at most
        path = Path(short) / "docker.sock"
        server = compose_engine.serve(tmp_path, path)
        settings = {
            "PATH": f"{docker.parent}{os.pathsep}{os.environ['PATH']}",
            "DOCKER_HOST": f"unix://{path}",
            "TILT_PORT": str(port),
            "TILT_DEV_DIR": str(tmp_path / "tilt-dev"),
            "TILT_DISABLE_ANALYTICS": "1",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "tilt-dev").mkdir()
        argv = ["tilt", "up", "--stream=true", "--web-mode=prod"]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(argv, cwd=tmp_path, stdin=quiet, stdout=quiet, stderr=quiet) as tilt:
            try:
                yield tmp_path
            finally:
                tilt.send_signal(signal.SIGINT)
        server.shutdown()
        server.server_close()


def status(root: Path) -> Status:
    """What a fresh plan says of the service."""
    guard = StackGuard(load_settings(root), TiltDriver)
    try:
        (verdict,) = guard.plan([]).verdicts
        return verdict.status
    finally:
        guard.close()


def becomes(root: Path, wanted: Status) -> bool:
    """Whether that status comes; Tilt hears of containers a moment later."""
    end = time.monotonic() + PATIENCE
    while (found := status(root)) is not wanted and time.monotonic() < end:
        time.sleep(0.1)
    return found is wanted


def sync(root: Path) -> Status:
    guard = StackGuard(load_settings(root), TiltDriver)
    try:
        *_, last = guard.apply(guard.plan([]))
    finally:
        guard.close()
    assert isinstance(last, GuardFinished)
    return last.verdicts[0].status


def test_a_container_that_was_started_by_hand_is_stale(root: Path) -> None:
    """Synced until somebody restarts or recreates the container; then synced anew."""
    assert becomes(root, Status.MISSING)
    for anew in (False, True):
        assert sync(root) is Status.SYNCED
        assert status(root) is Status.SYNCED

        compose_engine.Container(root).start(anew=anew)

        assert becomes(root, Status.STALE)
