"""The request behind ``tilt trigger``: only a plain yes counts, and every other answer leaves it to the command."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.base import DriverUnavailable
from pytest_syncguard.stack.drivers.tilt.trigger import post_trigger

LIMIT = 10.0
BODY = b'{"manifest_names": ["server"], "build_reason": 32}'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any file of Tilt's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("TILT_DEV_DIR", "WMDAEMON_HOME", "WINDMILL_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


class Stranger:
    """Something at a port that gives one answer; ``asked`` is what it was asked."""

    def __init__(self, listener: socket.socket, answer: bytes, *, holds: bool) -> None:
        self.asked = b""
        self._listener, self._answer, self._holds = listener, answer, holds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def tilt(self) -> TiltSettings:
        return TiltSettings(host="127.0.0.1", port=self._listener.getsockname()[1])

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            while not self.asked.endswith(BODY):
                self.asked += connection.recv(4096)
            connection.sendall(self._answer)
            if self._holds:
                self._ended.wait(LIMIT)

    def end(self) -> None:
        self._ended.set()
        self._thread.join()


@contextmanager
def stranger(answer: bytes, *, holds: bool = False) -> Iterator[Stranger]:
    """Who gives this answer and then ends the connection, unless it ``holds`` on to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = Stranger(listener, answer, holds=holds)
        try:
            yield there
        finally:
            there.end()


@pytest.mark.parametrize(
    ("answer", "yes"),
    [
        (b"HTTP/1.0 200 OK\r\nDate: now\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 24\r\n\r\n", False),
        (b'HTTP/1.0 200 OK\r\n\r\nresource "server" is currently disabled', False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", False),
        (b'HTTP/1.0 404 Not Found\r\n\r\nresource "server" does not exist\n', False),
        (b"HTTP/1.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 2000 OK\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n", False),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", False),
        (b"200\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", False),
        (b"", False),
    ],
)
def test_only_a_plain_yes_counts(answer: bytes, yes: bool) -> None:
    """Status 200 and a body that is said to be empty; any other may be a refusal."""
    with stranger(answer) as there:
        assert post_trigger(there.tilt, "server", LIMIT) is yes


def test_a_connection_that_stays_open_is_not_waited_for() -> None:
    """A yes is known as soon as it is whole."""
    with stranger(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", holds=True) as there:
        assert post_trigger(there.tilt, "server", LIMIT)


def test_silence_ends_after_the_limit() -> None:
    """The command would wait for as long, so it is not asked any more."""
    with stranger(b"", holds=True) as there, pytest.raises(DriverUnavailable, match=r"no answer .* within 0\.2 s"):
        post_trigger(there.tilt, "server", 0.2)


def test_an_answer_that_trickles_in_ends_after_the_limit() -> None:
    """A part of an answer does not make the limit longer."""
    with stranger(b"HTTP/1.1 200", holds=True) as there, pytest.raises(DriverUnavailable):
        post_trigger(there.tilt, "server", 0.2)


def test_nobody_there_is_no_yes() -> None:
    """The command tells who is missing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert not post_trigger(TiltSettings(host="127.0.0.1", port=port), "server", LIMIT)


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The port is on this machine."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with stranger(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") as there:
        assert post_trigger(there.tilt, "server", LIMIT)


def asked(answer: bytes = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") -> list[str]:
    """The lines of the head that is sent."""
    with stranger(answer) as there:
        post_trigger(there.tilt, "server", LIMIT)
        return there.asked.decode().partition("\r\n\r\n")[0].split("\r\n")


def test_the_request_is_that_of_the_command() -> None:
    """Path, type, length; without a file of Tilt's no token is shown, and none is made."""
    first, host, *rest = asked()

    assert first == "POST /api/trigger HTTP/1.0"
    assert host.startswith("Host: 127.0.0.1:")
    assert rest == ["Content-Type: application/json", f"Content-Length: {len(BODY)}"]
    assert not (Path.home() / ".tilt-dev").exists()


@pytest.mark.parametrize("folder", [".tilt-dev", ".windmill"])
def test_the_token_is_found_at_home(home: Path, folder: str) -> None:
    """Tilt's folder, or the one that it had when it was young."""
    for name in {".tilt-dev", folder}:
        (home / name).mkdir()
        (home / name / "token").write_text(f"of-{name}")

    assert f"X-Tilt-Token: of-{folder}" in asked()


def test_the_environment_says_where_the_token_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``TILT_DEV_DIR`` first, then the names that it had before."""
    for name in ("WINDMILL_DIR", "WMDAEMON_HOME", "TILT_DEV_DIR"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(f"of-{name}")
        monkeypatch.setenv(name, str(tmp_path / name))
        assert f"X-Tilt-Token: of-{name}" in asked()


@pytest.mark.parametrize("text", ["", "two\r\nX-Other: lines", "caf\u00e9"], ids=["empty", "two lines", "not ASCII"])
def test_what_cannot_be_a_token_is_not_sent(home: Path, text: str) -> None:
    """Nothing gets into the head that is not one word of it."""
    (home / ".tilt-dev").mkdir()
    (home / ".tilt-dev" / "token").write_text(text, encoding="utf-8", newline="")

    assert not [line for line in asked() if line.startswith("X-")]
