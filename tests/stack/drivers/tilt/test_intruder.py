"""The address that the tests are sent to is answered by what this Tilt serves, where that can be told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from pytest_syncguard.settings.model import Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.tilt import TiltDriver
from pytest_syncguard.stack.drivers.tilt.resource import Resource
from pytest_syncguard.stack.drivers.tilt.session import Session
from tests.stack.drivers.process.project import FOR_EVER, free_port, http_server, wait_for

STAGE = Stage(name="ui", resource="ui")


@contextmanager
def running(code: str, **environment: str) -> Iterator[psutil.Process]:
    child = subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, env={**os.environ, "TILT_PORT": "", **environment}
    )
    try:
        yield psutil.Process(child.pid)
    finally:
        child.kill()
        child.wait()


@pytest.fixture
def tilt() -> Iterator[psutil.Process]:
    with running(FOR_EVER) as process:
        yield process


def intruder(tilt: psutil.Process, serving: str, port: int, *, started: float = 0.0) -> str:
    """What the driver says of who answers there."""
    ui = StackSettings(driver="tilt", ui=f"http://localhost:{port}", stages=(STAGE,))
    driver = TiltDriver(Settings(root=Path.cwd(), stack=ui))
    session = Session("it", pid=tilt.pid, started=started or tilt.create_time())
    return driver._intruder(STAGE, session, {"ui": Resource("ui", serving=serving)})


@contextmanager
def answering(port: int, **environment: str) -> Iterator[str]:
    """Its pid."""
    with running(http_server(port), **environment) as process:
        wait_for(lambda: any(each.laddr.port == port for each in process.net_connections("tcp")), "the server")
        yield str(process.pid)


def test_a_stranger_is_told() -> None:
    """The process that Tilt serves listens elsewhere; what an older Tilt left holds the port."""
    port = free_port()
    with ExitStack() as stack:
        stranger = stack.enter_context(answering(port))
        time.sleep(2.1)  # what is older than a Tilt by less may be its own
        tilt, served = (stack.enter_context(running(FOR_EVER)) for _ in range(2))

        assert f"answered by pid {stranger} (" in intruder(tilt, str(served.pid), port)


def test_what_tilt_serves_is_no_stranger(tilt: psutil.Process) -> None:
    """Nor is what a build of this Tilt left in the background."""
    port, other = free_port(), free_port()
    with answering(port) as served, answering(other, TILT_PORT="10350"):
        assert intruder(tilt, served, port) == ""
        assert intruder(tilt, served, other) == ""


def test_where_pids_are_not_known_nobody_is_a_stranger(tilt: psutil.Process) -> None:
    """A pod serves; or Tilt runs on another machine, where pids mean others."""
    port = free_port()
    with answering(port), running(FOR_EVER) as served:
        assert intruder(tilt, "web-7d9f@2026-11-21T10:00:00Z", port) == ""
        assert intruder(tilt, str(served.pid), port, started=1.0) == ""
        assert intruder(tilt, str(served.pid), port) != ""
