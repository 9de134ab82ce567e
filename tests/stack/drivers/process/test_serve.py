"""The served process: up, down, replaced, and alive after whoever started it."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import threading

import pytest

from pytest_syncguard.stack.drivers.base import Phase, Runtime, StageFault
from pytest_syncguard.stack.drivers.identity import LINUX
from tests.stack.drivers.process.project import (
    FOR_EVER,
    Project,
    ended,
    free_port,
    http_server,
    up,
    wait_for,
    watch,
)

# Brings one stage up, as a run of its own that ends right after.
OTHER_RUN = """
import pickle, sys, time
settings, stage = pickle.loads(sys.stdin.buffer.read())
from pytest_syncguard.stack.drivers.process import ProcessDriver
driver = ProcessDriver(settings)
driver.open([stage])
attempt = driver.trigger(stage)
while attempt.look().runtime != "up":
    time.sleep(0.01)
print(attempt.observe().build)
attempt.close()
driver.close()
"""


def says(text: bytes) -> object:
    return lambda seen: text in seen.output and up(seen)


def test_output_of_build_and_process_come_in_order(project: Project) -> None:
    """First what the build said, then what its process says; up as soon as it lives."""
    stage = project.stage(build="print('built')", serve=f"print('serving')\n{FOR_EVER}")
    seen = project.follow(stage, lambda seen: up(seen) and b"serving\n" in seen.output)

    assert seen.output == b"built\nserving\n"
    assert seen.steps[-1] == (Phase.PASSED, Runtime.UP)
    assert [step for step in seen.steps if step[0] is not Phase.PASSED and step[1] is Runtime.UP] == []


def test_a_serve_that_goes_to_the_background_is_told_to_stay(project: Project) -> None:
    """What it left behind could not be watched: the shell that started it has ended, and well."""
    stage = project.stage(serve="print('started')")
    seen = project.follow(stage)

    cure = "let serve stay in the foreground, or set one_shot = true"
    assert seen.steps[-1] == (Phase.PASSED, Runtime.DOWN)
    assert seen.last.reason == f"the served process exited with code 0: {' '.join(stage.serve)}: {cure}"


@pytest.mark.parametrize(
    ("argv", "cure"),
    [
        (("sh -c 'echo \"a b\"'", "c"), 'write it as words: serve = ["sh", "-c", "echo \\"a b\\"", "c"]'),
        (("it's there",), 'write it as words: serve = ["it\'s", "there"]'),
        (("./my server",), 'install it or change serve of stage "server"'),
    ],
)
def test_a_command_line_in_one_word_is_no_program(project: Project, argv: tuple[str, ...], cure: str) -> None:
    """Neither can be installed nor is there a shell to split it; a path may well have blanks."""
    stage = project.stage(serve=FOR_EVER)._replace(serve=argv)
    seen = project.follow(stage)
    (check,) = [check for check in project.driver.doctor([stage]) if check.name == "serve of server"]

    assert seen.last.reason == f"serve command not found: {argv[0]} ({cure})"
    assert check.cure == cure.replace("install it", f"install {argv[0]}")


def test_a_process_that_ends_after_its_success_is_down(project: Project) -> None:
    """A success line does not keep a process up; its last words are there."""
    stage = project.stage(serve="import sys; print('ready in 3 ms'); print('panic', end=''); sys.exit(3)")
    seen = project.follow(stage)

    assert seen.output == b"ready in 3 ms\npanic"
    assert seen.steps[-1] == (Phase.PASSED, Runtime.DOWN)
    assert f"the served process exited with code 3: {' '.join(stage.serve)}" == seen.last.reason
    assert project.observe(stage).reason == f"{seen.last.reason}; see syncguard logs --driver server"


def test_a_process_that_cannot_be_started_is_down(project: Project) -> None:
    """A serve command that the build did not make is named."""
    seen = project.follow(project.stage(build="print('built')", serve=("./target/server",)))

    assert seen.steps[-1] == (Phase.PASSED, Runtime.DOWN)
    assert seen.last.reason == 'serve command not found: ./target/server (install it or change serve of stage "server")'


def test_the_process_outlives_the_run_that_started_it(project: Project) -> None:
    """Started by one process that is gone by now, seen by another with the same identity, stopped by it."""
    stage = project.stage(build="print('built')", serve=FOR_EVER)
    run = subprocess.run(
        [sys.executable, "-c", OTHER_RUN],
        input=pickle.dumps((project.settings, stage)),
        stdout=subprocess.PIPE,
        timeout=30,
        check=True,
    )
    seen = project.observe(stage)

    assert seen.up
    assert run.stdout.decode().strip() == seen.build
    assert seen == project.observe(stage)
    assert len(project.driver.down([stage])) == 1
    assert not project.observe(stage).up


def test_a_rebuild_replaces_the_process(project: Project) -> None:
    """The old process is gone when the new one is up, and the identity is another."""
    stage = project.stage(serve=FOR_EVER)
    old = project.serve(stage).child
    first = project.observe(stage)
    new = project.serve(stage).child

    assert old is not None
    assert new is not None
    assert not old.alive
    assert new.alive
    assert first.build != project.observe(stage).build


def test_a_failing_rebuild_leaves_the_old_process_and_says_so(project: Project) -> None:
    """The old process goes on, but it no longer counts as up: it is not what was asked for."""
    stage = project.stage(serve=FOR_EVER)
    old = project.serve(stage).child
    failing = project.stage(build="raise SystemExit(1)", serve=stage.serve)
    project.follow(failing)

    assert old is not None
    assert old.alive
    assert not project.observe(stage).up
    assert "build exited with code 1" in project.observe(stage).reason
    project.serve(stage)
    assert not old.alive


def test_an_attempt_never_reports_what_another_run_started(project: Project) -> None:
    """When another run triggers the same stage, the first one's build is lost, and so is its identity."""
    stage = project.stage(serve=FOR_EVER)
    attempt = project.trigger(stage)
    watch(attempt, up)
    project.serve(stage)

    assert Phase.LOST is attempt.look().phase
    assert attempt.look().reason == "another run has triggered this stage since"
    assert not attempt.observe().up
    attempt.close()


def test_a_record_that_was_removed_is_no_other_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deletes .syncguard during the sync: nothing can be known any more, and that is what is said."""
    monkeypatch.chdir(project.root)
    attempt = project.trigger(project.stage(serve=FOR_EVER))
    watch(attempt, up)
    record = project.record()
    (project.store.run / "server.json").unlink()

    said = "its record in .syncguard/run was removed meanwhile: run syncguard sync again"
    assert (attempt.look().phase, attempt.look().reason) == (Phase.LOST, said)
    assert (attempt.observe().up, attempt.observe().reason) == (False, said)
    attempt.close()
    project.store.put(record)


@pytest.mark.parametrize("scheme", ["http", "tcp"])
def test_up_is_when_the_process_answers(project: Project, scheme: str) -> None:
    """With ready, a process that lives is starting until it answers there."""
    port = free_port()
    serve = f"import os, time\nprint('waiting')\nwhile not os.path.exists('go'): time.sleep(0.01)\n{http_server(port)}"
    stage = project.stage(serve=serve, ready=f"{scheme}://127.0.0.1:{port}")
    attempt = project.trigger(stage)
    seen = watch(attempt, lambda seen: "does not answer" in seen.last.reason)
    assert not project.observe(stage).up
    (project.root / "go").touch()
    after = watch(attempt, up)
    attempt.close()

    assert seen.steps[-1] == (Phase.PASSED, Runtime.STARTING)
    assert after.steps[-1] == (Phase.PASSED, Runtime.UP)
    assert project.observe(stage).up


def test_a_process_that_answers_with_an_error_is_not_up(project: Project) -> None:
    """503 is an answer, and not the one that is asked for."""
    port = free_port()
    stage = project.stage(serve=http_server(port).replace("200", "503"), ready=f"http://127.0.0.1:{port}/health")
    seen = project.follow(stage, lambda seen: "status" in seen.last.reason)

    assert Runtime.STARTING is seen.last.runtime
    assert f"http://127.0.0.1:{port}/health answers with status 503" == seen.last.reason


def test_a_port_that_a_stranger_holds_is_named_before_the_build(project: Project) -> None:
    """The stranger's pid and command are told, nothing is built, the stranger is left alone."""
    with listening_stranger() as (stranger, port):
        stage = project.stage(build="print('built')", serve=http_server(port), ready=f"http://127.0.0.1:{port}")
        with pytest.raises(StageFault) as fault:
            project.driver.open([stage])
        with pytest.raises(StageFault, match="is taken by pid"):
            project.trigger(stage)

        assert stranger.poll() is None
        assert str(fault.value).startswith(f"port {port} is taken by pid {stranger.pid} ({sys.executable} ")
        assert str(fault.value).endswith("which syncguard did not start: stop it or change ready")
        assert project.store.load("server") is None


def test_a_port_taken_during_the_build_is_named_before_the_process_starts(project: Project) -> None:
    """Who takes the port while the build runs is found out before serve."""
    port = free_port()
    stage = project.stage(
        build="import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)",
        serve=http_server(port),
        ready=f"http://127.0.0.1:{port}",
    )
    attempt = project.trigger(stage)
    with listening_stranger(port) as (stranger, _):
        (project.root / "go").touch()
        seen = watch(attempt, ended)
        attempt.close()

        assert seen.steps[-1] == (Phase.PASSED, Runtime.DOWN)
        assert f"port {port} is taken by pid {stranger.pid} " in seen.last.reason


def test_a_strangers_answer_never_makes_a_process_up(project: Project) -> None:
    """A process lives, but on its port somebody else answers: that is not up."""
    port = free_port()
    stage = project.stage(serve=FOR_EVER, ready=f"tcp://127.0.0.1:{port}")
    attempt = project.trigger(stage)
    watch(attempt, lambda seen: "does not answer" in seen.last.reason)
    with listening_stranger(port) as (stranger, _):
        seen = watch(attempt, lambda seen: "is answered by" in seen.last.reason)
        attempt.close()

        assert Runtime.STARTING is seen.last.runtime
        assert f"is answered by pid {stranger.pid} " in seen.last.reason
        assert not project.observe(stage).up


def test_a_port_held_by_another_stage_is_told_as_such(project: Project) -> None:
    """What we started ourselves is not called a stranger's."""
    port = free_port()
    ready = f"tcp://127.0.0.1:{port}"
    project.serve(project.stage("a", serve=http_server(port), ready=ready))

    with pytest.raises(StageFault, match='which syncguard started as stage "a": run syncguard down or change ready'):
        project.driver.open([project.stage("b", serve=http_server(port), ready=ready)])


def test_a_port_that_passes_from_old_to_new_process_is_no_fault(project: Project) -> None:
    """The predecessor holds the port when the build begins, and has left it when the new process starts."""
    port = free_port()
    stage = project.stage(serve=http_server(port), ready=f"http://127.0.0.1:{port}")
    project.driver.open([stage])
    first = project.serve(stage)
    project.driver.open([stage])

    assert first.build != project.serve(stage).build
    assert project.observe(stage).up


def test_the_port_of_a_grandchild_is_ours(project: Project) -> None:
    """A launcher's server counts as the launcher's."""
    port = free_port()
    server = project.root / "server.py"
    server.write_text(http_server(port))
    launcher = f"import subprocess, sys; subprocess.run([sys.executable, {str(server)!r}])"
    project.serve(project.stage(serve=launcher, ready=f"http://127.0.0.1:{port}"))


def test_a_served_process_that_dies_is_seen_by_the_next_look(project: Project) -> None:
    """Killed from outside after the sync: not up any more."""
    stage = project.stage(serve=FOR_EVER)
    project.serve(stage)
    project.child().kill()

    wait_for(lambda: not project.observe(stage).up, "the end to be seen")
    wait_for(lambda: "was ended by SIGKILL" in project.observe(stage).reason, "the reason")


# Observes a stage in a fresh interpreter and tells which heavy libraries that took.
OBSERVER = """
import pickle, sys
settings, stage = pickle.loads(sys.stdin.buffer.read())
from pytest_syncguard.stack.drivers.process import ProcessDriver
print(ProcessDriver(settings).observe([stage])[stage.name].up, {"pexpect", "psutil"} & set(sys.modules))
"""


def test_looking_at_what_runs_is_cheap(project: Project) -> None:
    """No heavy library is loaded to see that a process still runs."""
    stage = project.stage(serve=FOR_EVER)
    project.serve(stage)
    run = subprocess.run(
        [sys.executable, "-c", OBSERVER],
        input=pickle.dumps((project.settings, stage)),
        stdout=subprocess.PIPE,
        timeout=30,
        check=True,
    )

    assert run.stdout == b"True set()\n"


class listening_stranger:
    """A process of somebody else that listens on a port of its own, or on the one given."""

    def __init__(self, port: int = 0) -> None:
        self._port = port

    def __enter__(self) -> tuple[subprocess.Popen[bytes], int]:
        code = (
            "import socket, time; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); "
            f"s.bind(('127.0.0.1', {self._port})); s.listen(50); print(s.getsockname()[1], flush=True); "
            "time.sleep(600)"
        )
        self._process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        return self._process, int(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def busy_server(port: int) -> str:
    """Code of a server that answers one request after the other, and /slow only when there is a file `go`.

    With a file `leave` it closes its port then, and goes on.
    """
    slow = """    def do_GET(self):
        import os, time
        while self.path == '/slow' and not os.path.exists('go'): time.sleep(0.01)
        if os.path.exists('leave'): self.server.socket.close(); time.sleep(600)
"""
    return http_server(port).replace("ThreadingHTTPServer", "HTTPServer").replace("    def do_GET(self):\n", slow)


def test_a_busy_service_is_waited_for(project: Project) -> None:
    """What answers late is up: another plan, or a test, may keep it busy."""
    port = free_port()
    stage = project.stage(serve=busy_server(port), ready=f"http://127.0.0.1:{port}/")
    project.serve(stage)
    with socket.create_connection(("127.0.0.1", port)) as request:
        request.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        done = threading.Timer(1.5, (project.root / "go").touch)  # more than a service is given that starts
        done.start()

        assert project.observe(stage).up
        done.join()


def test_a_service_that_closed_its_port_is_not_up(project: Project) -> None:
    """Though its process runs on."""
    port = free_port()
    stage = project.stage(serve=busy_server(port), ready=f"http://127.0.0.1:{port}/")
    project.serve(stage)
    for name in ("leave", "go"):
        (project.root / name).touch()
    with socket.create_connection(("127.0.0.1", port)) as request:
        request.sendall(b"GET /slow HTTP/1.0\r\n\r\n")

        wait_for(lambda: "does not answer" in project.observe(stage).reason, "the end of the service's port")
        assert not project.observe(stage).up


HANGS = [("http", "does not answer (waited 0.5 s)"), ("tcp", "accepts no connection (waited 0.5 s)")]


@pytest.mark.parametrize(("scheme", "said"), HANGS if LINUX else HANGS[:1])
def test_a_service_that_hangs_is_not_up(
    project: Project, monkeypatch: pytest.MonkeyPatch, scheme: str, said: str
) -> None:
    """It runs and holds its port, and the system takes connections for it: but it answers nobody."""
    monkeypatch.setattr("pytest_syncguard.stack.drivers.process.ready.PATIENCE", 0.5)
    port = free_port()
    stage = project.stage(serve=http_server(port), ready=f"{scheme}://127.0.0.1:{port}")
    build = project.serve(stage).build
    assert project.observe(stage).up
    project.child().suspend()
    hanging = project.observe(stage)
    project.child().resume()

    assert not hanging.up
    assert said in hanging.reason
    wait_for(lambda: project.observe(stage).up, "the service to go on")
    assert project.observe(stage).build.startswith(build)
