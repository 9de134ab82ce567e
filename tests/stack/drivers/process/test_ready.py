"""Who answers on a port, and what may stand in ``ready``."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from pytest_syncguard.stack.drivers.base import DriverUnavailable, Phase, Runtime, StageFault
from pytest_syncguard.stack.drivers.identity import LINUX, Proc
from pytest_syncguard.stack.drivers.process.attempt import pause
from pytest_syncguard.stack.drivers.process.ready import Ready, why_not
from pytest_syncguard.stack.drivers.process.record import Stand
from pytest_syncguard.stack.drivers.process.sockets import Listener, listeners, surely_held_by, takers
from pytest_syncguard.stack.drivers.process.tree import Mark
from pytest_syncguard.stack.watch import Judge, Patterns
from tests.stack.drivers.process.project import FOR_EVER, Project, ended, free_port, wait_for, watch


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ("", None),
        ("http://127.0.0.1:8080/health?full=1", Ready("http", "127.0.0.1", 8080, "/health?full=1")),
        ("http://localhost", Ready("http", "localhost", 80, "/")),
        ("https://localhost/x", Ready("https", "localhost", 443, "/x")),
        ("tcp://[::1]:5432", Ready("tcp", "::1", 5432, "/")),
    ],
)
def test_ready_is_an_address(text: str, ready: Ready | None) -> None:
    """Web addresses with or without a port, and host:port."""
    assert Ready.parse(text) == ready


@pytest.mark.parametrize("text", ["localhost:8080", "tcp://localhost", "http://", "ftp://a:1", "http://a:99999"])
def test_a_ready_that_is_no_address_is_a_fault_of_the_stage(project: Project, text: str) -> None:
    """It is told before anything is started."""
    with pytest.raises(StageFault, match='stage "server": '):
        project.driver.open([project.stage(serve=FOR_EVER, ready=text)])


def test_an_address_is_written_as_it_was_read() -> None:
    """What a message names can be pasted back."""
    for text in ("http://[::1]:80/a", "tcp://db:5432", "https://localhost:1/"):
        assert str(Ready.parse(text)) == text


@pytest.fixture(params=["127.0.0.1", "0.0.0.0", "::1", "::"])
def listener(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """An address of this process that listens, and its port."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    if family == socket.AF_INET6 and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    with closing(socket.socket(family)) as server:
        server.bind((request.param, 0))
        server.listen()
        yield request.param, server.getsockname()[1]


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_a_listener_is_found_with_its_process(listener: tuple[str, int]) -> None:
    """The slow way names everybody; the quick way knows our own from another's."""
    address, port = listener
    asked = "::1" if ":" in address else "127.0.0.1"
    with subprocess.Popen([sys.executable, "-c", FOR_EVER]) as stranger:
        assert takers(listeners(port), asked) == [Listener(address, os.getpid())]
        assert surely_held_by(os.getpid(), asked, port) is LINUX
        assert not surely_held_by(stranger.pid, asked, port)
        assert not surely_held_by(os.getpid(), asked, free_port())
        stranger.kill()


def test_an_exact_address_goes_before_all_addresses() -> None:
    """Who listens on 127.0.0.1 gets what is sent there, whoever listens on all addresses beside it."""
    everywhere, exact = Listener("0.0.0.0", 1), Listener("127.0.0.1", 2)

    assert takers([everywhere, exact], "127.0.0.1") == [exact]
    assert takers([everywhere, exact], "127.0.0.2") == [everywhere]


def test_an_answer_that_is_not_http_is_told(project: Project) -> None:
    """A listener that closes at once answers tcp, but not http."""
    port = free_port()
    code = f"import socket\ns = socket.create_server(('127.0.0.1', {port}))\nwhile True: s.accept()[0].close()"
    record = project.serve(project.stage(serve=code, ready=f"tcp://127.0.0.1:{port}"))
    assert record.child is not None

    said = why_not(Ready("http", "127.0.0.1", port), record.build, record.child)
    assert "does not speak HTTP" in said or "does not answer" in said


LATE = """
import http.server
class Late(http.server.SimpleHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Late.asked += 1
        if Late.asked < 4:
            self.send_error(404, "File not found")
        else:
            self.send_response(200)
            self.end_headers()
http.server.HTTPServer(("127.0.0.1", PORT), Late).serve_forever()
"""


def test_questions_are_no_errors_of_what_is_asked(project: Project) -> None:
    """A server that is not ready yet logs each question with a 404; nothing in its log is an error."""
    port = free_port()
    stage = project.stage(serve=LATE.replace("PORT", str(port)), ready=f"http://127.0.0.1:{port}/health")
    seen = project.follow(stage, lambda seen: seen.last.runtime is Runtime.UP and b"200" in seen.output)

    assert seen.output.count(b"code 404, message File not found") == 3
    assert Judge(Patterns.of(stage)).feed(seen.output) == []


PIECES = """
import socket, time
server = socket.create_server(("127.0.0.1", PORT))
channel, _ = server.accept()
channel.recv(4096)
try:
    channel.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n")
    for _ in range(5):
        time.sleep(0.05)
        channel.sendall(b"x" * 1000)
    print("told all", flush=True)
except OSError as error:
    print("error:", error, flush=True)
channel.close()
time.sleep(60)
"""


def test_an_answer_is_heard_out(project: Project) -> None:
    """A server that is cut off in the middle of its answer would log an error that is none."""
    port = free_port()
    stage = project.stage(serve=PIECES.replace("PORT", str(port)), ready=f"http://127.0.0.1:{port}")
    seen = project.follow(stage, lambda seen: seen.output != b"")

    assert seen.output == b"told all\n"


def test_the_longer_it_takes_the_rarer_it_is_asked() -> None:
    """Each question may be a line in a log: a tenth of what was waited, within limits."""
    assert [pause(waited) for waited in (0.0, 2.0, 3600.0)] == [0.05, 0.2, 1.0]


@pytest.mark.parametrize("state", ["/home/dev/project/.syncguard", "/odd|path/ü\n", "/raw/\udcff"])
def test_a_mark_comes_back_from_the_environment(state: str) -> None:
    """Whatever stands in paths and names, it is one line without blanks or bars of its own."""
    mark = Mark(state, "a | b:c", "20260101T000000-1", "serve")

    assert Mark.parse(mark.text()) == mark
    assert mark.text().count("|") == 3
    assert len(mark.text().split()) == 1
    assert Mark.parse("something else") is None


def test_a_keeper_that_cannot_start_is_one_line(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the file that says more; nothing is up."""
    stage = project.stage(serve=FOR_EVER)
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(DriverUnavailable, match=r"its keeper did not start, see .*keeper\.log"):
        project.trigger(stage)
    assert not project.observe(stage).up


def test_a_keeper_that_gives_up_says_why(project: Project) -> None:
    """When the record can no longer be written, the build ends and the attempt is lost, with the reason."""
    wait = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)"
    attempt = project.trigger(project.stage(build=wait))
    wait_for(lambda: project.record().stand is Stand.BUILDING, "the build")
    (project.store.run / "server.new").mkdir()  # where the next record would be written first
    (project.root / "go").touch()
    seen = watch(attempt, ended)
    attempt.close()

    assert seen.last.phase is Phase.LOST
    assert seen.last.reason.startswith(
        "its keeper ended before the build did (the keeper of a stage gave up: [Errno 21] Is a directory: "
    )
    assert not project.observe(project.stage(build=wait)).up


def test_a_process_that_is_not_there_has_no_start() -> None:
    """Neither an ended process nor one not yet reaped passes for a living one."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        assert Proc.of(process.pid).started == ""
        assert not Proc.of(process.pid).alive
