"""What doctor finds in a set-up of plain processes."""

from __future__ import annotations

import socket

from pytest_syncguard.stack.drivers.base import Check
from tests.stack.drivers.process.project import FOR_EVER, Project, free_port


def faults(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.cure for check in checks if not check.ok}


def test_a_good_set_up_has_no_fault(project: Project) -> None:
    """Commands that are there, a program that the build will make, a free port."""
    stage = project.stage(build="print()", serve=("./target/server",), ready=f"http://127.0.0.1:{free_port()}")
    checks = list(project.driver.doctor([stage]))

    assert faults(checks) == {}
    assert [check.name for check in checks] == [
        "cwd of server",
        "build of server",
        "serve of server",
        "ready of server",
    ]


def test_everything_that_is_missing_is_named_with_its_cure(project: Project) -> None:
    """One finding for each fault, all at once."""
    stage = project.stage(build=("no-such-cargo",), serve=("no-such-server",), cwd="nowhere")

    assert {
        "cwd of server": 'create it or change cwd of stage "server"',
        "build of server": 'install no-such-cargo or change build of stage "server"',
        "serve of server": 'install no-such-server or change serve of stage "server"',
    } == faults(list(project.driver.doctor([stage])))


def test_a_taken_port_is_named(project: Project) -> None:
    """The finding says by whom, the cure what to do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stage = project.stage(serve=FOR_EVER, ready=f"tcp://127.0.0.1:{port}")
        (check,) = [check for check in project.driver.doctor([stage]) if not check.ok]

    assert check.found.startswith(f"port {port} is taken by pid ")
    assert check.cure == "stop it or change ready"
