"""A ``tilt`` that is none, or none that answers, and ports at which something else does: told, never waited for."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_syncguard.stack.drivers.tilt import client
from pytest_syncguard.testing.tilt import Scenario, install
from tests.bad_input.shop import FAKE_SETTINGS, Shop, environment

COMMANDS = {"plan": 1, "sync": 1, "status": 1, "doctor": 1}
TOOLS = ("git", "sh", "sleep", "yes", "cat")
NOT_TILT = "does not speak like Tilt (asked: tilt get "
CURE = "put the real tilt first on the PATH"
NO_ANSWER = "no Tilt answers at localhost:1: start it with tilt up --port 1 (exit code "
HANGS = "gave no answer within 0.5 s: see whether Tilt at localhost:1 is healthy"

# What stands in the script after its first line, and what is said of it.
SCRIPTS = {
    "prints text": ("echo hello world", NOT_TILT),
    "prints nothing": (":", NOT_TILT),
    "prints bytes": (r"printf '\000\377\376\033[2J'", NOT_TILT),
    "prints another JSON": ("echo '[1, 2]'", NOT_TILT),
    "prints null": ("echo null", NOT_TILT),
    "prints items that are none": ("""echo '{"items": 7}'""", NOT_TILT),
    "prints items of another kind": ("""echo '{"items": [1, "two", null]}'""", "does not speak like Tilt"),
    "prints empty items": ("""echo '{"items": [{}]}'""", "does not speak like Tilt"),
    "prints brackets without end": ("i=0; while [ $i -lt 5000 ]; do printf '[[[[[[[['; i=$((i+1)); done", NOT_TILT),
    "prints without end": ("exec yes", "it prints without end): "),
    "complains without end": ("exec yes >&2", "it prints without end): "),
    "fails in silence": ("exit 3", f"{NO_ANSWER}3: it said nothing)"),
    "fails with text": ("echo 'no such option: get' >&2; exit 2", f"{NO_ANSWER}2: no such option: get)"),
    "fails with bytes": (r"printf 'a\033[31m\377\n' >&2; exit 1", f"{NO_ANSWER}1: a"),
    "is killed": ("kill -9 $$", f"{NO_ANSWER}-9: it said nothing)"),
    "hangs": ("exec sleep 50", HANGS),
    "hangs and cannot be asked to end": ("trap '' INT TERM HUP; sleep 50; sleep 50", HANGS),
    "leaves a child that holds its output": ("sleep 50 & exit 0", HANGS),
    "waits for an answer": ("cat; echo", NOT_TILT),
}


@pytest.fixture
def tools(fake: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all there is on the PATH, without any tilt; the project asks one at port 1."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(folder))
    for name in ("TILT_HOST", "TILT_PORT"):
        monkeypatch.delenv(name, raising=False)
    ask_at(fake, 1)
    return folder


def ask_at(shop: Shop, port: int) -> None:
    """The project's Tilt is to be found there."""
    shop.write("syncguard.toml", FAKE_SETTINGS.replace('"fake"', '"tilt"') + f"\n[stack.tilt]\nport = {port}\n")


def lay(folder: Path, script: str, mode: int = 0o755) -> Path:
    tilt = folder / "tilt"
    tilt.write_text(f"#!/bin/sh\n{script}\n")
    tilt.chmod(mode)
    return tilt


@pytest.mark.parametrize("case", SCRIPTS)
def test_a_tilt_that_is_none(case: str, tools: Path, fake: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command says once what it found and what to do, and that it could not check; no answer is waited for."""
    script, said = SCRIPTS[case]
    if said == HANGS:
        monkeypatch.setattr(client, "ANSWER_LIMIT", 0.5)
    tilt = lay(tools, script)
    for command, code in COMMANDS.items():
        run = fake.inside(command)
        assert run.code == code
        (told,) = run.telling(said)
        assert told.isprintable()
        assert str(tilt) in told or said.startswith(NO_ANSWER)
        assert not run.telling("SUCCESS")
    assert not (fake.root / "logs").exists()


@pytest.mark.parametrize("case", ["prints text", "prints without end", "fails in silence", "is killed"])
def test_a_tilt_that_is_none_in_a_pytest_run(case: str, tools: Path, fake: Shop) -> None:
    """No test starts; the same line, once."""
    script, said = SCRIPTS[case]
    lay(tools, script)
    run = fake.pytest()

    assert run.code == 11
    assert len(run.telling(said)) == 1
    assert not run.telling("passed")


def nothing(folder: Path) -> None:
    """There is no tilt."""


def lay_folder(folder: Path) -> None:
    (folder / "tilt").mkdir()


def lay_text(folder: Path) -> None:
    lay(folder, "echo hello", mode=0o644)


def lay_link_to_nowhere(folder: Path) -> None:
    (folder / "tilt").symlink_to("nowhere")


def lay_bad_interpreter(folder: Path) -> None:
    lay(folder, "").write_text("#!/no/such/interpreter\n")


def lay_no_program(folder: Path) -> None:
    lay(folder, "").write_bytes(b"\x7fELF\0\0\0 cut off")


NONE = 'no tilt on the PATH: install Tilt (https://docs.tilt.dev) or choose driver = "process"'
FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing": (nothing, NONE),
    "a folder": (lay_folder, NONE),
    "a text": (lay_text, NONE),
    "a link to nowhere": (lay_link_to_nowhere, NONE),
    "a script of an unknown language": (lay_bad_interpreter, "cannot be run: No such file or directory: put the real"),
    "no program": (lay_no_program, "cannot be run: Exec format error: put the real tilt first on the PATH"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_tilt_that_cannot_be_run(case: str, tools: Path, fake: Shop) -> None:
    """Told with the cure; doctor tells it, too."""
    put, said = FILES[case]
    put(tools)
    for command in ("plan", "sync", "status"):
        run = fake.inside(command)
        assert run.code == 1
        assert len(run.telling(said)) == 1
    doctor, pytest_run = fake.inside("doctor"), fake.pytest()

    assert doctor.code == 1
    (wrong,) = doctor.telling("WRONG")
    assert "tilt" in wrong
    assert pytest_run.code == 11
    assert len(pytest_run.telling(said)) == 1


# --- a port that answers with something else


def refuses(connection: socket.socket) -> None:
    """Closes at once."""
    connection.close()


def falls_silent(connection: socket.socket) -> None:
    """Never says a word, until the other side gives up."""
    with connection, suppress(OSError):
        while connection.recv(65536):
            pass


def answers(head: bytes, body: bytes) -> Callable[[socket.socket], None]:
    """Says this to whatever it is asked."""

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(head + body)

    return answer


STRANGERS: dict[str, Callable[[socket.socket], None]] = {
    "closes at once": refuses,
    "never answers": falls_silent,
    "answers 404": answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\n", b"not here\n"),
    "answers with a page": answers(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"<html>hello</html>\n"),
    "speaks no HTTP": answers(b"SSH-2.0-OpenSSH_9.9\r\n", b"\0\xff\n"),
}


@pytest.fixture
def stranger(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of somebody who is not Tilt."""
    with socket.create_server(("localhost", 0)) as server:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=STRANGERS[request.param], args=(connection,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("stranger", STRANGERS, indirect=True)
def test_a_port_that_something_else_answers(
    stranger: int, tools: Path, fake: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no Tilt, and that something listens there is told, for `tilt up` would not find the port free."""
    monkeypatch.setattr(client, "ANSWER_LIMIT", 2.0)
    install(tools, Scenario(()))
    ask_at(fake, stranger)
    said = f"at localhost:{stranger}"
    for command, code in COMMANDS.items():
        run = fake.inside(command)
        assert run.code == code
        (told,) = [line for line in run.telling(said) if "cure:" not in line]
        assert "though something listens there" in told or "gave no answer within 2 s" in told
        assert not run.telling("SUCCESS")


def test_a_port_that_nobody_answers(tools: Path, fake: Shop) -> None:
    """The way to start Tilt is told."""
    install(tools, Scenario(()))
    run = fake.inside("sync")

    assert run.code == 1
    assert len(run.telling("Step 1 UNKNOWN: no Tilt answers at localhost:1: start it with tilt up")) == 1


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", "10350.5"])
def test_a_port_in_the_environment_that_is_none(port: str, tools: Path, fake: Shop) -> None:
    """A fault of the environment, told as those of the settings are."""
    env = environment(TILT_PORT=port)
    command, pytest_run = fake.syncguard("plan", env=env), fake.pytest(env=env)

    assert (command.code, pytest_run.code) == (1, 4)
    for run in (command, pytest_run):
        (told,) = run.faults
        assert told.startswith("environment: TILT_PORT: found ")
        assert told.endswith("required an integer from 1 to 65535")
