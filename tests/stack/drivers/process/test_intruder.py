"""The address that the tests are sent to is answered by the stack, or nothing is in sync."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_syncguard import gate
from pytest_syncguard.settings.model import Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.base import StageFault
from pytest_syncguard.stack.drivers.identity import LINUX
from pytest_syncguard.stack.drivers.intruder import CURE, Place, host_of, place
from pytest_syncguard.stack.drivers.process import ProcessDriver
from pytest_syncguard.stack.drivers.process.sockets import listeners
from pytest_syncguard.stack.guard import StackGuard
from tests.stack.drivers.process.project import FOR_EVER, Project, free_port, http_server, wait_for

Ui = Callable[[int, Stage], ProcessDriver]
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        exec({server!r})
    sys.exit()
while True: time.sleep(60)
"""


@contextmanager
def listening(port: int, *, program: str | Path = sys.executable) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody who answers there."""
    stranger = subprocess.Popen([program, "-c", http_server(port)], start_new_session=True)
    try:
        wait_for(lambda: listeners(port), "the stranger")
        yield stranger
    finally:
        stranger.kill()
        stranger.wait()


@pytest.fixture
def ui(project: Project) -> Ui:
    """A driver for whose project this is the address of the user interface."""

    def make(port: int, stage: Stage) -> ProcessDriver:
        stack = StackSettings(ui=f"http://localhost:{port}/", stages=(stage,), process=project.settings.stack.process)
        return ProcessDriver(Settings(root=project.root, stack=stack))

    return make


def test_a_server_that_went_to_another_port_is_not_in_sync(project: Project, ui: Ui) -> None:
    """Whoever holds its own is named, with the cure; the same before the next build."""
    port = free_port()
    stage = project.stage("ui", serve=http_server(free_port()))
    driver = ui(port, stage)
    with listening(port) as stranger:
        driver.open([stage])
        project.serve(stage)
        seen = driver.observe([stage])["ui"]
        with pytest.raises(StageFault) as refused:
            driver.open([stage])

    said = f"http://localhost:{port}/ (ui of [stack]) is answered by pid {stranger.pid} ({sys.executable} "
    assert not seen.up
    assert seen.fault == str(refused.value)
    assert seen.fault.startswith(said)
    assert seen.fault.endswith(f"which is of no stage: {CURE}")
    assert driver.observe([stage])["ui"].up


def test_a_sync_behind_a_stranger_fails(project: Project) -> None:
    """Though the server says that it is up, and is."""
    port = free_port()
    serve = (sys.executable, "-uc", f"print('Local: http://localhost:1/', flush=True)\n{FOR_EVER}")
    (project.root / "page").write_text("new")
    stage = project.stage("ui", serve=serve, success=("Local:",), sources=("page",), settle=0.0, timeout=20.0)
    stack = StackSettings(ui=f"http://127.0.0.1:{port}", stages=(stage,), process=project.settings.stack.process)
    guard = StackGuard(Settings(root=project.root, stack=stack), ProcessDriver)
    with listening(port):
        result = gate.sync([guard])
        again = gate.check([guard])
    (verdict,) = result.verdicts

    assert (result.synced, again.synced) == (False, False)
    assert verdict.reason.startswith(f"Step 1 FAILED: http://127.0.0.1:{port} (ui of [stack]) is answered by pid ")
    assert len(result.finished) == 2, "built once, and refused before it was built again"
    assert gate.check([guard]).synced
    guard.close()


@pytest.mark.parametrize("serve", [http_server, lambda port: DAEMON.format(server=http_server(port))])
def test_what_a_stage_serves_is_no_stranger(project: Project, ui: Ui, serve: Callable[[int], str]) -> None:
    """Itself, or what it left in the background."""
    port = free_port()
    stage = project.stage("ui", serve=serve(port))
    project.serve(stage)
    wait_for(lambda: listeners(port), "its own server")

    assert ui(port, stage).observe([stage])["ui"].up


def test_nobody_is_no_stranger(project: Project, ui: Ui) -> None:
    """A server that does not listen yet, or listens elsewhere."""
    stage = project.stage("ui", serve=FOR_EVER)
    project.serve(stage)

    assert ui(free_port(), stage).observe([stage])["ui"].up


@pytest.mark.skipif(not LINUX, reason="a program is known by the name of its file on Linux")
def test_what_passes_on_is_let_pass(project: Project, ui: Ui, tmp_path: Path) -> None:
    """A proxy may well ask the stack."""
    proxy = tmp_path / "haproxy"
    proxy.symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    port = free_port()
    stage = project.stage("ui", serve=FOR_EVER)
    project.serve(stage)
    with listening(port, program=proxy):
        assert ui(port, stage).observe([stage])["ui"].up


def test_a_stage_that_was_removed_is_told_by_name(project: Project, ui: Ui) -> None:
    """Syncguard started it, and can stop it."""
    port = free_port()
    project.serve(project.stage("frontend", serve=http_server(port)))
    stage = project.stage("ui", serve=FOR_EVER)
    project.serve(stage)
    wait_for(lambda: listeners(port), "the old server")

    assert (
        ui(port, stage)
        .observe([stage])["ui"]
        .fault.endswith('which syncguard started as stage "frontend": run syncguard down')
    )


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://localhost:5173", Place(("127.0.0.1", "::1"), 5173)),
        ("https://shop.localhost", Place(("127.0.0.1", "::1"), 443)),
        ("http://127.0.0.2/x", Place(("127.0.0.2",), 80)),
        ("http://[::1]:3000", Place(("::1",), 3000)),
        ("http://example.com", None),
        ("http://192.168.1.20:5173", None),
    ],
)
def test_only_what_is_surely_here_is_looked_at(url: str, found: Place | None) -> None:
    """No name is looked up."""
    assert place(url) == found


def test_who_is_to_blame(project: Project) -> None:
    """The stage that is ready there, else the last one that is served."""
    api = project.stage("api", ready="http://127.0.0.1:80")
    web, types = project.stage("web"), project.stage("types", one_shot=True)

    assert host_of([api, web, types], "http://localhost") == api
    assert host_of([api, web, types], "http://localhost:81") == web
    assert host_of([types], "http://localhost:81") is None
