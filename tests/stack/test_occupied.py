"""A server that finds its address in use: the failure names who has it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_syncguard.report.json import document
from pytest_syncguard.stack.drivers.process.tree import SERVE, VARIABLE, Mark
from pytest_syncguard.stack.occupied import occupied
from pytest_syncguard.testing.tilt import ScriptedTilt, Serve, say
from tests.stack.lab import Lab, four, make_project, resource

PYTHON = "OSError: [Errno 98] Address already in use"


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which this very process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("lines", "sign"),
    [
        (["Error: listen EADDRINUSE: address already in use :::{port}"], ""),
        (["listen tcp 127.0.0.1:{port}: bind: address already in use"], ""),
        (["error while attempting to bind on address ('127.0.0.1', {port}): address already in use"], ""),
        (["Error: Port {port} is already in use"], ""),
        (["starting with --port={port}", "Traceback", PYTHON], ""),
        (["Traceback", PYTHON], "listening on http://127[.]0[.]0[.]1:{port}"),
    ],
)
def test_who_listens_is_named(port: int, lines: list[str], sign: str) -> None:
    """By the port in the complaint, in the lines around it, or in a sign of success."""
    said, cure = occupied([line.format(port=port) for line in lines], [sign.format(port=port)])

    assert said.startswith(f"port {port} of this machine is taken by pid {os.getpid()} (")
    assert said.endswith(")")
    assert cure == "end it if it is left over from an older build"


@pytest.mark.parametrize("lines", [[], ["error: no such file"], [PYTHON], ["listening on :{port}", "error: no"]])
def test_nothing_is_said_of_other_failures_or_without_a_port(port: int, lines: list[str]) -> None:
    """Nobody is blamed on a guess."""
    assert occupied([line.format(port=port) for line in lines]) == ("", "")


def test_a_port_that_the_complaint_names_and_nobody_holds(port: int) -> None:
    """It has come free since: another port of the log is not the one that was in use."""
    assert occupied([f"listening on :{port}", "Error: listen EADDRINUSE: address already in use :::99"]) == ("", "")


LISTENS = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("project", ["this", "other shop"])
def test_what_syncguard_started_is_told_by_its_stage(project: str, tmp_path: Path) -> None:
    """By the mark that it carries, with the project where that is another, and how to stop it there."""
    mark = Mark(str(tmp_path / project / ".syncguard"), "api", "20260101", SERVE).text()
    argv = [sys.executable, "-c", LISTENS]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env={**os.environ, VARIABLE: mark}) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        said, cure = occupied([f"address already in use: 127.0.0.1:{port}"], state=tmp_path / "this" / ".syncguard")
        server.kill()
    other = project != "this"

    of = f" of the project {tmp_path}/other shop" if other else ""
    assert said.startswith(f"port {port} of this machine is taken by pid {server.pid} (")
    assert said.endswith(f'), which syncguard started as stage "api"{of}')
    assert cure == (f"run syncguard -C '{tmp_path}/other shop' down" if other else "run syncguard down")


def test_the_failure_of_a_stage_says_it(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line more, said by syncguard, before those of the log."""
    taken = resource("server", serve=[Serve((say(f"Error: listen EADDRINUSE: address already in use :::{port}\n"),))])
    with ScriptedTilt(four(server=taken), make_project(tmp_path / "project")) as tilt:
        monkeypatch.setenv("PATH", tilt.env["PATH"])
        result = Lab(tilt.project, tilt).sync()

    (verdict,) = [each for each in result.unsynced if each.reason == "Step 2 FAILED: server rebuild error"]
    assert [each for each in verdict.evidence if each.text.startswith(f"syncguard: port {port} of this machine is ")]
    assert document(result)["cure"] == "end it if it is left over from an older build"
