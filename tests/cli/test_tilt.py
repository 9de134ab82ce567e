"""What the commands say of a Tilt that is not as the settings suppose."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_syncguard.project import open_project
from pytest_syncguard.stack.drivers.tilt.doctor import in_short
from pytest_syncguard.testing.tilt import Build, Resource, RunningTilt, Scenario, ScriptedTilt, Serve, say
from tests.cli.project import Project

SETTINGS = """
[stack]
driver = "tilt"

[[stack.stage]]
name = "client"
success = ["done"]
one_shot = true

[[stack.stage]]
name = "server"
resource = "{resource}"
success = ["up"]
"""


@pytest.fixture
def scripted(empty: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunningTilt:
    """A Tilt with a client, a server and a disabled ui; it does not run yet."""
    built = (Build((say("done\n"),)),)
    up = (Serve((say("up\n"),)),)
    resources = (
        Resource("client", builds=built),
        Resource("server", builds=built, serve=up),
        Resource("ui", builds=built, serve=up, disabled=True),
    )
    tilt = ScriptedTilt(Scenario(resources), empty.root)
    monkeypatch.setenv("PATH", tilt.env["PATH"])
    monkeypatch.setenv("TILT_PORT", str(tilt.port))
    return tilt


@pytest.fixture
def running(scripted: RunningTilt) -> Iterator[RunningTilt]:
    with scripted:
        yield scripted


def settings(project: Project, resource: str = "server", more: str = "") -> None:
    project.write("syncguard.toml", SETTINGS.format(resource=resource) + more)


REFUSED = "exit code 1: Error: no"


def refuse(argv: list[str], *_: object) -> subprocess.CompletedProcess[bytes]:
    """A ``tilt`` that finds no other, whatever runs on this machine."""
    return subprocess.CompletedProcess(argv, 1, b"", b"Error: no\n")


UNKNOWN = 'Tilt has no resource "sevrer" (it has: client, server, ui)'
DISABLED = 'resource "ui" is disabled in Tilt'


@pytest.mark.parametrize(
    ("resource", "found", "cure"),
    [
        ("sevrer", UNKNOWN, 'did you mean "server"? set resource of stage "server"'),
        ("ui", DISABLED, "run tilt enable --port {port} ui"),
    ],
)
def test_a_resource_that_cannot_be_synced_is_told_at_once(
    empty: Project, running: RunningTilt, resource: str, found: str, cure: str
) -> None:
    """plan and status say what sync would, doctor finds it; each with the cure."""
    cure = cure.format(port=running.port)
    settings(empty, resource, more="one_shot = true\n" if resource == "ui" else "")
    plan, status, doctor = empty.run("plan"), empty.run("status"), empty.run("doctor")

    assert f"  2. server: blocked (server cannot be synced: {found}: {cure})" in plan.lines
    assert f"server  failed    server cannot be synced: {found}: {cure}" in status.lines
    assert (plan.code, status.code, doctor.code) == (2, 2, 1)
    assert "which one_shot leaves" not in plan.out + plan.err  # of a resource that is disabled nothing else matters
    assert doctor.lines[doctor.lines.index(f"WRONG  resource {resource}: {found}") + 1] == f"       cure: {cure}"


@pytest.mark.usefixtures("running")
def test_a_plan_says_that_tilt_goes_on_with_a_build(empty: Project) -> None:
    """So that whoever interrupts a sync does not believe that its build was stopped."""
    settings(empty)
    (guard,) = open_project(empty.root).guards()

    assert guard.plan([]).engine == "Tilt"


@pytest.mark.usefixtures("running")
def test_a_wrong_one_shot_is_told(empty: Project) -> None:
    """In both directions, by plan and doctor; where it is right, nothing is said."""
    settings(empty)
    right, healthy = empty.run("plan", "--json").json, empty.run("doctor")
    text = SETTINGS.format(resource="server").replace("one_shot = true\n", "") + "one_shot = true\n"
    empty.write("syncguard.toml", text)
    wrong, doctor = empty.run("plan", "--json").json["warnings"], empty.run("doctor")

    assert (right["warnings"], healthy.code, doctor.code) == ([], 0, 1)
    client, server = wrong
    assert client == 'nothing of resource "client" stays up (no serve_cmd): set one_shot = true of stage "client"'
    assert server.startswith('resource "server" serves a process (pid ')
    assert server.endswith('), which one_shot leaves unwatched: remove one_shot from stage "server"')
    assert "WRONG  resource client: " + client.rpartition(": ")[0] in doctor.lines
    assert "WRONG  resource server: " + server.rpartition(": ")[0] in doctor.lines


@pytest.mark.usefixtures("running")
def test_a_sync_that_could_not_begin_has_no_log_to_look_at(empty: Project) -> None:
    """The reason says what to do; neither doctor nor an older log would tell more."""
    settings(empty, "sevrer")
    done = empty.run("sync")

    assert done.code == 2
    assert f'Step 2 FAILED: {UNKNOWN}: did you mean "server"? set resource of stage "server"' in done.lines
    assert not [line for line in done.lines if "next:" in line]
    assert empty.run("sync", "--json").json["cure"] == 'did you mean "server"? set resource of stage "server"'


def test_a_tilt_that_a_sync_will_start_is_no_fault(empty: Project, scripted: RunningTilt) -> None:
    """With ``up = true`` doctor says who starts Tilt; without, that somebody must."""
    settings(empty, more="\n[stack.tilt]\nup = true\n")
    starts = empty.run("doctor")
    settings(empty)
    misses = empty.run("doctor")

    assert starts.code == 0
    assert any(line.endswith("none runs: a sync starts it (up = true)") for line in starts.lines)
    assert misses.code == 1
    assert f"       cure: run tilt up --port {scripted.port} in the folder of the Tiltfile" in misses.lines


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(
    ("asked", "environ", "address", "cure"),
    [
        ("", "", "localhost:10350", "start it with tilt up"),
        ("port = 9", "", "localhost:9", "start it with tilt up --port 9"),
        ("", "9", "localhost:9", "start it with tilt up --port 9"),
        ("port = 10", "9", "localhost:9 (TILT_PORT; the settings say 10)", "start it with tilt up --port 9"),
        ("port = 9", "9", "localhost:9", "start it with tilt up --port 9"),
    ],
)
def test_the_cure_is_of_the_port_that_was_asked(
    empty: Project, monkeypatch: pytest.MonkeyPatch, asked: str, environ: str, address: str, cure: str
) -> None:
    """A bare ``tilt up`` would start another Tilt; where the environment decided on the port, that is told."""
    monkeypatch.setenv("TILT_PORT", environ)
    monkeypatch.setattr("pytest_syncguard.stack.drivers.tilt.client.ask", refuse)
    monkeypatch.setattr("pytest_syncguard.stack.drivers.tilt.client._listens", lambda *_: False)
    settings(empty, more=f"\n[stack.tilt]\n{asked}\n")
    plan = empty.run("plan", "--json").json

    assert plan["cure"] == cure
    assert plan["targets"][0]["reason"] == f"could not check client: no Tilt answers at {address}: {cure} ({REFUSED})"
    assert empty.run("status").lines[0] == f"could not check: no Tilt answers at {address}: {cure} ({REFUSED})"


def test_a_tilt_that_could_not_be_started_is_a_fault(empty: Project, scripted: RunningTilt) -> None:
    """With ``up = true`` a sync would start one, but somebody else has the port."""
    settings(empty, more="\n[stack.tilt]\nup = true\n")
    with socket.create_server(("localhost", scripted.port)):
        doctor = empty.run("doctor")

    assert doctor.code == 1
    assert [
        line for line in doctor.lines if line.startswith(f"WRONG  Tilt at localhost:{scripted.port}: no Tilt answers")
    ]


@pytest.mark.usefixtures("scripted")
def test_no_tilt_is_told_once(empty: Project) -> None:
    """All stages are unknown for one reason, which stands alone."""
    settings(empty)
    plan, status = empty.run("plan"), empty.run("status")

    assert plan.code == status.code == 1
    assert [line.partition(" at ")[0] for line in plan.lines[:1]] == ["could not check: no Tilt answers"]
    assert plan.lines[1:] == ["  client: unknown", "  server: unknown"]
    assert status.lines[1:] == ["client  unknown", "server  unknown"]


@pytest.mark.usefixtures("scripted")
def test_the_log_of_a_tilt_that_is_down(empty: Project) -> None:
    """The outage and its cure, not that the stage was never synced."""
    settings(empty)
    done = empty.run("logs", "--driver", "server")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("syncguard: error: no log of server: no Tilt answers at ")
    assert "start it with tilt up" in done.err


def test_every_command_says_where_the_tiltfile_is_broken(empty: Project, running: RunningTilt) -> None:
    """File, line, column and Tilt's words."""
    settings = SETTINGS.format(resource="server").replace("success =", 'settle = 0\nsources = ["a.txt"]\nsuccess =')
    empty.write("syncguard.toml", settings)
    empty.write("a.txt", "as it was")
    assert empty.run("sync").code == 0
    running.break_tiltfile()  # which is the affair of all stages, and told once
    where = "Tiltfile:1:1: got end of file, want primary expression"
    doctor = empty.run("doctor")
    said = f"WRONG  Tiltfile: broken: {where}"

    for command in ("plan", "status", "sync"):
        told = empty.run(command).out
        assert told.count(f"the Tiltfile is broken, so Tilt runs an older one: {where}") == 1
    assert doctor.code == 1
    assert doctor.lines[doctor.lines.index(said) + 1].startswith("       cure: correct it there; tilt logs --port ")


@pytest.fixture
def elsewhere(empty: Project, tmp_path: Path) -> Project:
    """A second project; the Tilt that runs is that of the first."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    return Project(root, empty.capture)


def test_the_tilt_of_another_checkout_is_found_before_a_sync(
    empty: Project, elsewhere: Project, running: RunningTilt
) -> None:
    """doctor tells it by the words of plan, with the cure; what its resources are is nobody's business here."""
    settings(elsewhere)
    where = ("-C", str(elsewhere.root))
    found = f"the Tilt at localhost:{running.port} runs {empty.root}/Tiltfile, which is not of this project"
    found = f"{found} ({elsewhere.root})"
    cure = "run tilt up here on a port of its own and set it as [stack.tilt] port"
    doctor = empty.run(*where, "doctor")

    assert empty.run(*where, "plan").lines[0] == f"could not check: {found}: {cure}"
    assert doctor.code == 1
    at = doctor.lines.index(f"WRONG  Tilt at localhost:{running.port}: {found}")
    assert doctor.lines[at + 1 :] == [f"       cure: {cure}", "next: cure this, then run syncguard doctor again"]


TRACEBACK = """Traceback (most recent call last):
  /home/dev/a b/Tiltfile:4:2: in <toplevel>
  /home/dev/a b/lib/more.star:2:7: in f
Error in fail: no cheese: 1:2: 3"""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("/home/dev/Tiltfile:2:15: got identifier", "/home/dev/Tiltfile:2:15: got identifier"),
        (TRACEBACK, "/home/dev/a b/lib/more.star:2:7: Error in fail: no cheese: 1:2: 3"),
        ("open Tiltfile: permission denied\n", "open Tiltfile: permission denied"),
        ("", "see tilt logs"),
    ],
)
def test_place_of_a_fault_in_the_tiltfile(error: str, said: str) -> None:
    """Of a traceback the innermost place, and the last line's words."""
    assert in_short(error) == said
