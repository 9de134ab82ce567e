"""How a command ends: exit codes, one line for what a user can cure, nothing left behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pytest_syncguard.cli import ending
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.lock import holder
from pytest_syncguard.signals import Terminated
from tests.cli.project import COMMAND, SUCCESS, Project

BUILDING = """
[stack]
driver = "process"

[[stack.stage]]
name = "client"
sources = ["client/**"]
one_shot = true
build = ["python3", "-c", "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"]
"""


def until(found: Callable[[], object]) -> None:
    """Wait for what must come; a minute is more than any of it takes."""
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pid_of_the_build(root: Path) -> int:
    path = root / "pid"
    return int(path.read_text()) if path.exists() and path.read_text() else 0


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
        (signal.SIGHUP, 129, "ended by SIGHUP"),
    ],
)
def test_a_signal_ends_a_sync_and_all_it_started(empty: Project, number: int, code: int, said: str) -> None:
    """The build is stopped, the lock is free, the ledger knows of no success, the exit code tells the signal."""
    empty.write("syncguard.toml", BUILDING)
    empty.write("client/source", "1")
    child = empty.spawn("sync")
    until(lambda: pid_of_the_build(empty.root))
    build = psutil.Process(pid_of_the_build(empty.root))
    assert holder(empty.root / ".syncguard").startswith(f"pid {child.pid} ")
    child.send_signal(number)
    out, err = child.communicate(timeout=60)

    assert (child.returncode, err.strip().splitlines()) == (code, [f"syncguard: error: {said}"])
    assert "SUCCESS" not in out
    assert not build.is_running()
    assert holder(empty.root / ".syncguard") == ""
    assert empty.run("status").code == 2
    empty.write("syncguard.toml", BUILDING.replace("time.sleep(600)", "print('done')"))
    assert empty.run("sync").lines[-1] == SUCCESS


def test_an_ignored_hangup_stays_ignored(project: Project) -> None:
    """Under nohup a closed terminal ends nothing."""
    project.write("shelf/client.end", "hang")
    child = project.spawn("sync", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    until(lambda: holder(project.root / ".syncguard"))
    child.send_signal(signal.SIGHUP)
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)

    assert (child.returncode, err) == (143, "syncguard: error: ended by SIGTERM\n")


def test_a_reader_that_leaves_is_no_crash(project: Project) -> None:
    """Output into a closed pipe ends without a traceback, and without a claim to be in sync."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*COMMAND, "sync"], stdout=write, stderr=subprocess.PIPE, timeout=60)
    os.close(write)

    assert done.returncode == 1
    assert done.stderr == b""
    assert holder(project.root / ".syncguard") == ""


@pytest.mark.parametrize("command", ["plan", "status", "doctor"])
def test_a_full_disk_behind_the_output_is_one_line(project: Project, command: str) -> None:
    """What could not be printed is told, once."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)

    assert done.returncode == 1
    assert done.stderr == ("syncguard: error: writing the output: No space left on device: free space on its disk\n")


def test_a_current_folder_that_is_gone(empty: Project, tmp_path: Path) -> None:
    """The shell still stands in a folder that was removed."""
    gone = tmp_path / "gone"
    argv = ["/bin/sh", "-c", f'mkdir "{gone}" && cd "{gone}" && rmdir "{gone}" && exec "$@"', "sh", *COMMAND]
    done = subprocess.run([*argv, "plan"], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "syncguard: error: the current folder does not exist any more: change to another\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("pln",), 'no command "pln": did you mean "plan"? (see syncguard --help)'),
        (
            ("frobnicate",),
            'no command "frobnicate": the commands are init, plan, sync, status, down, logs, doctor, judge',
        ),
        (
            ("sync", "--jobs", "0"),
            "Invalid value for '--jobs': found \"0\", required an integer of at least 1 (see syncguard sync --help)",
        ),
        (("sync", "--jobs", "x"), "Invalid value for '--jobs': found \"x\", required an integer of at least 1 (see"),
        (
            ("logs", "client", "-n", ""),
            "Invalid value for '-n' / '--lines': found \"\", required an integer of at least 0",
        ),
        (("plan", "--nope"), "No such option"),
        (("-C", "nowhere", "plan"), "Invalid value for '-C'"),
        (("logs",), "Missing argument 'STAGE'"),
    ],
)
def test_a_wrong_call_ends_with_1(project: Project, args: tuple[str, ...], said: str) -> None:
    """2 means out of sync and nothing else."""
    done = project.run(*args)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"syncguard: error: {said}")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("plna", "--json"), 'no command "plna": did you mean "plan"? (see syncguard --help)'),
        (("--json", "plna"), 'no command "plna": did you mean "plan"? (see syncguard --help)'),
        (("plan", "--nope", "--json"), "No such option"),
        (("sync", "--json", "--jobs", "0"), "Invalid value for '--jobs'"),
        (("-C", "nowhere", "plan", "--json"), "Invalid value for '-C'"),
        (("plan", "-C", "nowhere", "--json"), "Invalid value for '-C'"),
        (("logs", "--json"), "Missing argument 'STAGE'"),
        (("logs", "-f", "client", "--json"), "--follow cannot be combined with --json"),
        (("--json",), "no command: the commands are init, plan"),
        (("--json", "plan", "sever"), 'no target "sever": did you mean "server"?'),
    ],
)
def test_a_wrong_call_with_json_is_a_document(project: Project, args: tuple[str, ...], said: str) -> None:
    """A program that reads stdout finds one document there; the line on stderr stays."""
    done = project.run(*args)
    (fault,) = done.json["errors"]

    assert fault.startswith(said)
    assert done.json == {"schema": 1, "exit_code": 1, "errors": [fault]}
    assert (done.code, done.err) == (1, f"syncguard: error: {fault}\n")


def test_json_before_the_command(project: Project) -> None:
    """It may stand where -C may; behind ``--`` it is a name."""
    project.run("sync")
    named = project.run("plan", "--", "--json")

    assert project.run("--json", "plan").json == project.run("plan", "--json").json
    assert (named.code, named.out) == (1, "")


@pytest.mark.parametrize(("number", "said"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "ended by SIGTERM")])
def test_a_signal_during_a_sync_with_json_is_a_document(project: Project, number: int, said: str) -> None:
    """Whoever waits for a verdict learns that there is none; no report of an older sync stays either."""
    project.run("sync", "--report", "result.json")
    project.write("shelf/client.end", "hang")
    child = project.spawn("sync", "--force", "--json", "--report", "result.json")
    until(lambda: len(list((project.root / ".syncguard/logs").glob("client.*"))) == 2)  # it builds
    child.send_signal(number)
    out, _ = child.communicate(timeout=60)

    assert json.loads(out) == {"schema": 1, "exit_code": 128 + number, "errors": [said]}
    assert child.returncode == 128 + number
    assert not (project.root / "result.json").exists()


def test_no_command_is_no_success(project: Project) -> None:
    """The help is shown, but a script that forgot the command learns of it."""
    done = project.run()

    assert done.code == 1
    assert "Commands:" in done.out


def test_every_fault_of_the_settings_is_a_line(project: Project) -> None:
    """All at once, each with file and key."""
    project.write("syncguard.toml", "[stack]\ndrivr = 1\n[[stack.stage]]\nname = 'a'\ntimeout = '-1s'\n")
    done = project.run("plan")

    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) >= 2
    assert all(line.startswith("syncguard: error: syncguard.toml: stack.") for line in done.err.splitlines())


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (SyncguardError("no"), 1, "no"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (Terminated(signal.SIGTERM), 143, "ended by SIGTERM"),
        (OSError(errno.ENOSPC, "No space left on device", "a/b"), 1, "a/b: No space left on device: free space"),
        (OSError(errno.EROFS, "Read-only file system", b"a/\xff"), 1, "a/"),
        (OSError(errno.EMFILE, "Too many open files"), 1, "writing the output: Too many open files: raise"),
    ],
)
def test_what_a_user_can_cure_is_one_line(
    capsys: pytest.CaptureFixture[str], fault: BaseException, code: int, said: str
) -> None:
    """No traceback for the world outside."""

    def run() -> None:
        raise fault

    assert ending.exit_code_of(run) == code
    err = capsys.readouterr().err
    assert err.startswith(f"syncguard: error: {said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("fault", [RuntimeError("a bug"), OSError(errno.EBADF, "Bad file descriptor")])
def test_a_bug_keeps_its_traceback(fault: Exception) -> None:
    """What nobody foresaw is not made pretty."""

    def run() -> None:
        raise fault

    with pytest.raises(type(fault)) as caught:
        ending.exit_code_of(run)
    assert caught.value is fault


def test_a_bug_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    """For a program; the traceback stays for whoever mends it."""

    def run() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        ending.exit_code_of(run, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "exit_code": 1, "errors": ["RuntimeError: a bug"]}


def test_a_name_of_a_file_that_is_no_text(project: Project) -> None:
    """A changed file may be called anything; its name is shown somehow, and ends nothing."""
    project.run("sync")
    Path(os.fsdecode(b"client/caf\xe9")).write_text("x")
    done = project.call("plan", env={"PYTHONIOENCODING": "ascii"})

    assert (done.code, done.err) == (2, "")
    assert "client/caf" in done.lines[1]
