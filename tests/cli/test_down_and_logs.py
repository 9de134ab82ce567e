"""``syncguard down`` and ``syncguard logs``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pexpect
import psutil
import pytest

from pytest_syncguard.ledger import Ledger
from pytest_syncguard.lock import SyncLock
from tests.cli.project import COMMAND, Project
from tests.stack.drivers.process.project import wait_for

SERVING = """
[stack]
driver = "process"

[[stack.stage]]
name = "server"
sources = ["server/**"]
serve = ["python3", "-u", "-c", "import os, time; print(f'up as {os.getpid()}'); time.sleep(600)"]
success = ["up as"]
settle = 0
"""


def test_down_says_what_it_stopped(project: Project) -> None:
    """One line for each; nothing is stopped twice."""
    project.run("sync")
    first, second = project.run("down"), project.run("down")

    assert (first.code, first.lines) == (0, ["stopped client", "stopped server"])
    assert (second.code, second.lines) == (0, ["nothing to stop"])


def test_down_as_json(project: Project) -> None:
    """The sentences in one document."""
    project.run("sync")

    assert project.run("down", "--json").json == {
        "schema": 1,
        "exit_code": 0,
        "stopped": ["stopped client", "stopped server"],
    }


def test_down_waits_for_a_sync_and_says_for_whom(project: Project) -> None:
    """A stack is not taken down under a sync; whoever waits is told who holds it."""
    project.run("sync")
    with SyncLock(project.root / ".syncguard"):
        child = project.spawn("down")
        assert child.stderr is not None
        assert child.stderr.readline().startswith(f"syncguard: waiting for pid {os.getpid()} ")
        assert child.poll() is None
    out, _ = child.communicate(timeout=60)

    assert (child.returncode, out) == (0, "stopped client\nstopped server\n")


def test_down_stops_processes_though_the_settings_are_broken(empty: Project) -> None:
    """Nobody has to repair a file before what runs can be stopped; the faults are told too."""
    empty.write("syncguard.toml", SERVING)
    empty.write("server/source", "1")
    assert empty.call("sync").code == 0
    pid = int(empty.run("logs", "server", "-n1").out.split()[-1])
    assert psutil.pid_exists(pid)
    empty.write("syncguard.toml", "[stack]\ndriver = 'proces'\n")
    done = empty.run("down")

    assert done.code == 1
    assert done.out.startswith(f"stopped server (pid {pid}, ")
    assert 'did you mean "process"?' in done.err
    assert "Traceback" not in done.err
    assert not psutil.pid_exists(pid)


def test_logs_prints_the_log_of_the_last_sync(project: Project) -> None:
    """Byte for byte when it goes to a file or a pipe."""
    (project.root / "shelf/client.log").write_bytes(b"\x1b[1mbuilding\x1b[0m \xff\r\nclient is ready\nno end")
    project.run("sync")
    done = subprocess.run([*COMMAND, "logs", "client"], capture_output=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"\x1b[1mbuilding\x1b[0m \xff\r\nclient is ready\nno end"


def test_logs_are_harmless_to_a_terminal(project: Project) -> None:
    """On a terminal, escape sequences of a log steer nothing."""
    project.write("shelf/client.log", "\x1b]0;owned\x07client is ready\nno end")
    project.run("sync")
    child = pexpect.spawn(COMMAND[0], [*COMMAND[1:], "logs", "client"], cwd=str(project.root), encoding="utf-8")
    child.expect(pexpect.EOF)

    assert child.before == "client is ready\r\nno end\r\n"


def test_logs_of_the_newest_sync_and_its_last_lines(project: Project) -> None:
    """An older log is not shown; -n cuts from the end."""
    project.run("sync")
    project.write("client/source", "2")
    project.write("shelf/client.log", "once more\nclient is ready\n")
    project.run("sync")

    assert project.run("logs", "client").lines == ["once more", "client is ready"]
    assert project.run("logs", "stack:client", "-n", "1").lines == ["client is ready"]
    assert project.run("logs", "client", "-n", "0").lines == []


def test_logs_as_json(project: Project) -> None:
    """Stage, file and lines."""
    project.run("sync")
    found = project.run("logs", "client", "--json").json

    assert (found["stage"], found["lines"]) == ("client", ["building client", "client is ready"])
    assert [found[key] for key in ("exit_code", "note", "next", "cure")] == [0, "", "", ""]
    assert Path(found["path"]).read_text() == "building client\nclient is ready\n"


def test_logs_of_the_driver(project: Project) -> None:
    """Without a log of ours, or with --driver, what the driver has; without either, a cure."""
    none = project.run("logs", "client")
    project.run("sync")
    theirs = project.run("logs", "client", "--driver")
    for log in (project.root / ".syncguard/logs").iterdir():
        log.unlink()
    instead = project.run("logs", "client")

    assert (none.code, none.out) == (1, "")
    assert none.err == ("syncguard: error: no log of client: it was never synced here; run syncguard sync client\n")
    assert (theirs.code, theirs.lines) == (0, ["the shelf's log of client"])
    assert (instead.code, instead.lines) == (0, ["the shelf's log of client"])


def test_logs_of_a_sync_that_printed_nothing(project: Project) -> None:
    """An older success is not taken for the failure's: which log it is, where the failure's lies, what to try."""
    project.run("sync")
    project.write("syncguard.toml", (project.root / "syncguard.toml").read_text().replace('"20s"', '"0.2s"'))
    project.write("shelf/client.log", "")
    project.write("shelf/client.end", "hang")
    assert project.run("sync", "client", "--force").code == 2
    (kept,) = (project.root / "logs").glob("sync-error-*")
    done, document = project.run("logs", "client"), project.run("logs", "client", "--json").json

    said = (
        "the last sync of client printed nothing (Step 1 FAILED: client timeout - build did not complete); "
        f"this is the log of an older one; its failure is told in logs/{kept.name}; "
        "what the driver has is told by syncguard logs --driver client"
    )
    assert (done.code, done.err) == (0, f"syncguard: {said}\n")
    assert done.lines == ["building client", "client is ready"]
    assert document["note"] == said
    assert project.run("logs", "server").err == ""


def test_logs_of_a_first_sync_that_printed_nothing(project: Project) -> None:
    """There is no log at all, but there was a sync: its failure is what there is to read."""
    project.write("syncguard.toml", (project.root / "syncguard.toml").read_text().replace('"20s"', '"0.2s"'))
    project.write("shelf/client.log", "")
    project.write("shelf/client.end", "hang")
    assert project.run("sync").code == 2
    (kept,) = (project.root / "logs").glob("sync-error-*")
    done = project.run("logs", "client")

    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "syncguard: error: no log of client: its last sync printed nothing (Step 1 FAILED: client timeout - "
        f"build did not complete); its failure is told in logs/{kept.name}\n"
    )


def test_logs_of_a_sync_that_was_killed_or_still_runs(project: Project) -> None:
    """What was begun after the log was written has printed nothing yet; whether it goes on is said."""
    project.run("sync")
    Ledger(project.root / ".syncguard").begin("client", "newer")
    killed = project.run("logs", "client")
    with SyncLock(project.root / ".syncguard"):
        running = project.run("logs", "client")

    assert killed.err.startswith(
        "syncguard: the last sync of client printed nothing (its last sync did not come to its end); this is the log"
    )
    assert running.err.startswith(
        f"syncguard: the last sync of client printed nothing (it is under way in pid {os.getpid()} "
    )
    assert killed.lines == running.lines == ["building client", "client is ready"]


def test_logs_of_a_failure_are_its_own(project: Project) -> None:
    """What a failed sync printed is shown without a word, as is that of a success after it."""
    project.run("sync")
    project.write("client/source", "2")
    project.write("shelf/client.log", "building client\nerror: no\n")
    assert project.run("sync", "client").code == 2
    failed = project.run("logs", "client")
    project.write("shelf/client.log", "building client\nclient is ready\n")
    assert project.run("sync", "client").code == 0
    good = project.run("logs", "client")

    assert (failed.err, failed.lines) == ("", ["building client", "error: no"])
    assert (good.err, good.lines) == ("", ["building client", "client is ready"])


def test_logs_of_a_sync_that_did_not_begin(project: Project) -> None:
    """A stage that was refused has no log of its own: the one there is called an older one's."""
    project.run("sync")
    project.write("shelf/client.end", "refused")
    assert project.run("sync", "client", "--force").code == 2

    assert project.run("logs", "client").err == (
        "syncguard: the last sync of client printed nothing (Step 1 FAILED: client: it was taken off the shelf: "
        "put it back); this is the log of an older one; what the driver has is told by syncguard logs --driver client\n"
    )


def test_logs_of_a_driver_that_does_not_answer(project: Project) -> None:
    """An outage is told as that, not as a stage that was never synced."""
    project.run("sync")
    (project.root / "shelf/running.json").write_text("{}")
    ended = project.run("logs", "client", "--driver")
    project.write("shelf/closed", "")
    silent = project.run("logs", "client", "--driver")

    assert (ended.code, silent.code) == (1, 1)
    assert ended.err == "syncguard: error: no log of client: it does not run; run syncguard sync client\n"
    assert silent.err == "syncguard: error: no log of client: shelf 9 does not answer\n"


DYING = SERVING.replace("time.sleep(600)", "open('go').read(); print('out of memory'); exit(3)")


def test_logs_of_a_service_that_died_since_point_to_how_it_went_on(project: Project) -> None:
    """The log of its sync is a healthy one: a note beside it, in the reason that it is stale for, and in JSON."""
    os.mkfifo(project.root / "go")
    project.write("syncguard.toml", DYING)
    assert project.run("sync").code == 0
    alive = project.run("logs", "server")
    (project.root / "go").write_text("")
    wait_for(lambda: "exited" in project.run("status").out, "its end")
    dead, document = project.run("logs", "server"), project.run("logs", "server", "--json").json
    status, rest = project.run("status").lines[0], project.run("logs", "server", "--driver").lines

    died = "the served process exited with code 3: python3 -u -c"
    assert alive.err == ""
    assert (dead.code, dead.lines) == (0, alive.lines)
    assert dead.err.startswith(f"syncguard: this is the log of the last sync of server; since then: {died}")
    assert dead.err.endswith("; see syncguard logs --driver server\n")
    assert document["next"] == "syncguard logs --driver server"
    assert document["note"] in dead.err
    assert f"server is stale: {died}" in status
    assert "; see syncguard logs --driver server; last synced" in status
    assert rest[-1] == "out of memory"


def test_logs_of_a_stage_that_runs_no_more_say_where_more_is_told(project: Project) -> None:
    """Whatever the driver knows of it; nothing where it cannot be asked."""
    project.run("sync")
    (project.root / "shelf/running.json").write_text("{}")
    ended = project.run("logs", "client")
    project.write("shelf/closed", "")
    silent = project.run("logs", "client")

    this, more = "syncguard: this is the log of the last sync of client; since then: ", "syncguard logs --driver client"
    assert ended.err == f"{this}it does not run; what the driver has is told by {more}\n"
    assert (silent.code, silent.err) == (0, "")


@pytest.mark.parametrize(
    ("name", "hint"), [("sever", 'did you mean "server"?'), ("zzz", "the stages are client, server")]
)
def test_logs_of_an_unknown_stage(project: Project, name: str, hint: str) -> None:
    """The nearest right name, or all of them."""
    done = project.run("logs", name)

    assert (done.code, done.out) == (1, "")
    assert done.err == f'syncguard: error: no stage "{name}" in syncguard.toml: {hint}\n'


def test_following_goes_from_one_sync_to_the_next(project: Project) -> None:
    """-f waits for the first log, prints it as it grows, then the next; Ctrl-C ends it with 130."""
    child = project.spawn("logs", "-f", "server")
    assert child.stdout is not None
    assert child.stderr is not None
    assert child.stderr.readline() == "syncguard: no log of server yet, waiting for its next sync\n"
    project.run("sync")
    assert [child.stdout.readline() for _ in range(2)] == ["building server\n", "server is ready\n"]
    newest = max((project.root / ".syncguard/logs").glob("server.*"))
    with newest.open("a") as log:
        log.write("and more\n")
    assert child.stdout.readline() == "and more\n"
    project.write("server/source", "2")
    project.write("shelf/server.log", "the second\nserver is ready\n")
    project.run("sync")
    assert child.stdout.readline() == "the second\n"
    child.send_signal(2)
    _, err = child.communicate(timeout=60)

    assert child.returncode == 130
    assert "interrupted" not in err


def test_following_begins_with_the_last_lines(project: Project) -> None:
    """-f -n 1 shows the last line, then what comes."""
    project.run("sync")
    child = project.spawn("logs", "-f", "-n", "1", "server")
    assert child.stdout is not None
    first = child.stdout.readline()
    child.terminate()
    child.communicate(timeout=60)

    assert first == "server is ready\n"
    assert child.returncode == 143


@pytest.mark.parametrize("other", ["--json", "--driver"])
def test_following_does_not_go_with_a_document(project: Project, other: str) -> None:
    """What never ends is no document; the way out is named."""
    done = project.run("logs", "-f", "client", other)

    assert done.code == 1
    assert done.err.startswith(f"syncguard: error: --follow cannot be combined with {other}")
