"""The executable: a ``tilt`` on the PATH, as a process among others."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_syncguard.testing.tilt import (
    Build,
    Resource,
    Scenario,
    ScriptedTilt,
    Serve,
    install,
    kill_tilt,
    say,
    sleep,
)

SERVER = Resource("server", (Build((say("Finished\n"),)),), (Serve((say("up\n"),)),), auto_init=False, input=("src/*",))
SCENARIO = Scenario((SERVER,))


def _gone(pid: int) -> bool:
    """Nobody is there any more, waiting up to ten seconds for that."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_tilt_on_the_path_is_the_scripted_one(tmp_path: Path) -> None:
    """With ``env``, a plain ``tilt`` triggers and shows what was built from which sources."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text("fn main() {}", encoding="utf-8")

    with ScriptedTilt(SCENARIO, tmp_path) as tilt:
        said = subprocess.run(["tilt", "trigger", "server"], env=tilt.env, capture_output=True, text=True)
        tilt.wait_until("server", lambda status: status["runtimeStatus"] == "ok")
        assert tilt.running_content("server") == tilt.current_content("server") == tilt.builds("server")[0].content

    assert said.stdout == 'Successfully triggered update for resource: "server"\n'


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """After the block there is no process, and nobody answers at the port."""
    with ScriptedTilt(SCENARIO, tmp_path) as tilt:
        pid = tilt.pid
        assert pid is not None

    assert _gone(pid)
    assert tilt.pid is None
    assert tilt.run("trigger", "server").returncode == 1


def test_nothing_is_left_behind_by_a_killed_test_run(tmp_path: Path) -> None:
    """When the process that started it gets SIGKILL, the scripted Tilt ends too."""
    script = (
        "import sys, time; from pathlib import Path; from pytest_syncguard.testing.tilt import *\n"
        "with ScriptedTilt(Scenario((Resource('a'),)), Path(sys.argv[1])) as tilt:\n"
        "    print(tilt.pid, flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        pid = int(child.stdout.readline())
    child.kill()
    child.wait()

    assert _gone(pid)


def test_followers_end_well_when_tilt_is_killed(tmp_path: Path) -> None:
    """Both streams end with exit code 0, after all that was said."""
    with ScriptedTilt(SCENARIO, tmp_path) as tilt:
        commands = (["logs", "-f", "--json", "server"], ["get", "uiresource", "server", "-w", "-o", "json"])
        streams = [
            subprocess.Popen([tilt.bin / "tilt", *one], env=tilt.env, stdout=subprocess.PIPE) for one in commands
        ]
        tilt.trigger("server")
        tilt.wait_until("server", lambda status: status["runtimeStatus"] == "ok")
        time.sleep(0.2)
        tilt.kill()
        said = [stream.communicate(timeout=10)[0].decode() for stream in streams]

    assert [stream.returncode for stream in streams] == [0, 0]
    assert '"message":"up"' in said[0]
    assert '"runtimeStatus": "ok"' in said[1]


def test_a_build_can_kill_tilt(tmp_path: Path) -> None:
    """`kill_tilt` is a SIGKILL: the list of running Tilts still names it."""
    deadly = Scenario((Resource("server", (Build((sleep(0.1), kill_tilt())),), auto_init=False),))
    with ScriptedTilt(deadly, tmp_path) as tilt:
        tilt.trigger("server")
        for _ in range(100):
            if tilt.pid is None:
                break
            time.sleep(0.05)

        assert tilt.pid is None
        assert "was refused" in tilt.run("get", "session").stderr
        assert "connect: connection refused" in tilt.run("trigger", "server").stderr


def test_a_restart_goes_on_in_the_script_and_remembers_what_was_built(tmp_path: Path) -> None:
    """The journal outlives Tilt; builds of the new run are numbered from 1 in its status."""
    bad = Resource("server", (Build(), Build(exit=2)), auto_init=True)
    with ScriptedTilt(Scenario((bad,)), tmp_path) as tilt:
        first = tilt.resource("server")["status"]["updateStatus"]
        tilt.restart()
        status = tilt.resource("server")["status"]

        assert (first, status["updateStatus"]) == ("ok", "error")
        assert status["buildHistory"][0]["spanID"] == "build:1"
        assert [built.number for built in tilt.builds("server")] == [1, 2]


def test_up_writes_its_log_to_stdout(tmp_path: Path) -> None:
    """``tilt up`` streams names and lines, and marks errors, as ``syncguard``'s tilt.log will show them."""
    bad = Scenario((Resource("server", (Build((say("hi\n"),), exit=2),)),))
    tilt = install(tmp_path, bad)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    up = subprocess.Popen([tilt, "up", "--stream=true", "--port", str(port)], stdout=subprocess.PIPE, text=True)
    assert up.stdout is not None
    said = ""
    while "exit status 2" not in said:
        more = up.stdout.read(1)
        assert more, "it ended before its build failed"
        said += more
    up.send_signal(signal.SIGTERM)
    up.communicate(timeout=10)

    lines = said.splitlines()
    assert up.returncode == 0
    assert lines[0] == f"Tilt started on http://localhost:{port}/"
    assert lines[-3:] == [
        "       server │ Running cmd: build server",
        "       server │ hi",
        '       server │ ERROR: Build Failed: Command "build server" failed: exit status 2',
    ]


def test_up_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    """A stranger on the port: exit code 1 and the words of the real one."""
    with ScriptedTilt(SCENARIO, tmp_path) as tilt:
        again = tilt.run("up", "--stream=true")

    assert again.returncode == 1
    assert f"you already have another process on port {tilt.port}\n" in again.stderr


@contextmanager
def _stranger(answer: bytes) -> Iterator[int]:
    """Something else on a port that says this to everybody; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    if answer == b"stop":
                        return
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        port: int = listener.getsockname()[1]
        yield port
        answer = b"stop"
        with socket.create_connection(("127.0.0.1", port)) as last:
            last.sendall(b"stop")
        thread.join()


@pytest.mark.parametrize(
    ("answer", "trigger", "logs"),
    [
        (b"HTTP/1.0 501 Nope\r\n\r\n<html>\n", "Error: (501): <html>", 'failed with status "501 Nope"'),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 'malformed HTTP response "SSH-2.0-OpenSSH_9.2"', "malformed HTTP response"),
        (b"", "EOF", "EOF"),
    ],
)
def test_what_answers_at_the_port_may_be_no_tilt(answer: bytes, trigger: str, logs: str, tmp_path: Path) -> None:
    """Another web server, another protocol, a closed door: exit code 1 and what the real one says."""
    tilt = install(tmp_path, SCENARIO)

    with _stranger(answer) as port:
        said = [
            subprocess.run([tilt, *words, "--port", str(port)], capture_output=True, text=True)
            for words in (["trigger", "server"], ["logs", "server"], ["get", "session"])
        ]

    assert [one.returncode for one in said] == [1, 1, 1]
    for expected, one in zip((trigger, logs, f"No tilt apiserver found: tilt-{port}"), said, strict=True):
        assert expected in one.stderr


def test_a_port_that_is_no_number_is_told(tmp_path: Path) -> None:
    """On stdout, as the real one does."""
    tilt = install(tmp_path, SCENARIO)
    said = subprocess.run([tilt, "trigger", "x"], env={"TILT_PORT": "abc"}, capture_output=True, text=True)

    assert (said.returncode, said.stdout) == (1, 'parsing env TILT_PORT: strconv.Atoi: parsing "abc": invalid syntax\n')


def test_an_interpreter_far_away_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path too long for a first line, or with a blank in it, works all the same."""
    far = tmp_path / "a far away place" / ("x" * 100) / "python"
    far.parent.mkdir(parents=True)
    far.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    far.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(far))
    tilt = install(tmp_path / "bin", SCENARIO)

    assert subprocess.run([tilt, "version"], capture_output=True, text=True).stdout.startswith("v0.37.6")


def test_controls_name_what_they_do_not_know(tmp_path: Path) -> None:
    """A resource that is not there is the test's mistake, told at once."""
    with ScriptedTilt(SCENARIO, tmp_path) as tilt, pytest.raises(ValueError, match="no resource named 'nope'"):
        tilt.crash("nope")
