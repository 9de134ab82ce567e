"""The stop ladder and ``down``: all that we started, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from signal import SIGKILL

import psutil
import pytest

from pytest_syncguard.settings.model import StopLadder
from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.process.ladder import descend
from tests.stack.drivers.process.project import FOR_EVER, Project, lives, up, watch

IGNORES = "import signal\nfor name in {names!r}: signal.signal(getattr(signal, name), signal.SIG_IGN)\n"
# Prints the pid of a process in a session of its own, and ends before that does.
LEAVES_A_DAEMON = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", {FOR_EVER!r}], start_new_session=True).pid)
"""


def serve_until_it_says(project: Project, name: str, code: str) -> int:
    """Bring up a process that prints "set" when it is prepared; its pid."""
    attempt = project.trigger(project.stage(name, serve=code))
    watch(attempt, lambda seen: up(seen) and b"set\n" in seen.output)
    attempt.close()
    return project.child(name).pid


@pytest.mark.parametrize(
    ("ignored", "rung"),
    [([], "SIGINT"), (["SIGINT"], "SIGTERM"), (["SIGINT", "SIGTERM", "SIGHUP"], "SIGKILL")],
)
def test_each_rung_follows_the_one_that_was_ignored(project: Project, ignored: list[str], rung: str) -> None:
    """A process is asked, told and killed, and the sentence says what it took."""
    project.ladder = StopLadder(0.3, 0.3, 2.0)
    project.driver = project.new_driver()
    pid = serve_until_it_says(project, "server", f"{IGNORES.format(names=ignored)}print('set')\n{FOR_EVER}")

    (sentence,) = project.driver.down([])
    assert re.fullmatch(rf"stopped server \(pid {pid}, {rung}, \d+\.\d s\)", sentence)
    assert not lives(pid)
    assert project.record().reason == "it was stopped"


def test_a_process_may_clean_up_before_it_ends(project: Project) -> None:
    """What it says while it stops is in its log."""
    code = "try:\n    print('set')\n    import time; time.sleep(600)\nexcept KeyboardInterrupt:\n    print('bye')\n"
    serve_until_it_says(project, "server", code)
    project.driver.down([])

    assert project.driver.log(project.stage()) == b"set\nbye\n"


@pytest.mark.parametrize("own_session", [False, True])
def test_grandchildren_are_stopped_too(project: Project, own_session: bool) -> None:
    """Also those that ignore signals, and those in sessions of their own whose parent has gone."""
    child = IGNORES.format(names=["SIGINT", "SIGTERM", "SIGHUP"]) + FOR_EVER
    middle = (
        f"import subprocess, sys; "
        f"print(subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session={own_session}).pid)"
    )
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {middle!r}])\nprint('set')\n{FOR_EVER}"
    project.ladder = StopLadder(0.5, 0.2, 2.0)
    project.driver = project.new_driver()
    serve_until_it_says(project, "server", code)
    grandchild = int(project.driver.log(project.stage()).split()[0])

    assert lives(grandchild)
    project.driver.down([])
    assert not lives(grandchild)


def test_leftovers_of_a_process_that_ended_by_itself_are_stopped(project: Project) -> None:
    """A launcher that dies and leaves its server behind does not leave it for ever."""
    project.follow(project.stage(serve=LEAVES_A_DAEMON))
    left = int(project.driver.log(project.stage()))

    assert lives(left)
    assert len(project.driver.down([])) == 1
    assert not lives(left)


def test_a_builds_daemon_lives_on(project: Project) -> None:
    """A compiler's cache that a build left running is no service of ours: a rebuild does not stop it."""
    stage = project.stage(build=LEAVES_A_DAEMON, serve=FOR_EVER)
    project.serve(stage)
    pid = int(project.driver.log(stage))
    project.serve(project.stage(serve=FOR_EVER))
    project.driver.down([])

    assert lives(pid)
    psutil.Process(pid).kill()


def test_down_stops_the_named_stages_only(project: Project) -> None:
    """Others stay up; a second time there is nothing to say."""
    one, two = project.stage("one", serve=FOR_EVER), project.stage("two", serve=FOR_EVER)
    project.serve(one)
    project.serve(two)

    assert [sentence.split(" (")[0] for sentence in project.driver.down([two])] == ["stopped two"]
    assert project.driver.down([two]) == []
    assert project.observe(one).up


def test_down_of_everything_needs_no_settings(project: Project) -> None:
    """Stages that the toml no longer names are stopped too, the youngest first."""
    for name in ("one", "two", "three/../odd"):
        project.serve(project.stage(name, serve=FOR_EVER))

    stopped = [sentence.split(" (")[0] for sentence in project.new_driver().down([])]
    assert stopped == ["stopped three/../odd", "stopped two", "stopped one"]


def test_down_finds_what_runs_when_the_records_are_lost(project: Project) -> None:
    """Somebody deleted .syncguard while the stack was up."""
    stage = project.stage(serve=FOR_EVER)
    project.serve(stage)
    shutil.rmtree(project.settings.state)

    assert not project.observe(stage).up
    assert [sentence.split(" (")[0] for sentence in project.driver.down([])] == ["stopped server"]


def test_down_leaves_a_finished_build_alone(project: Project) -> None:
    """What was built stays built."""
    stage = project.stage(build="print('built')")
    project.follow(stage)

    assert project.driver.down([]) == []
    assert project.observe(stage).up


def test_down_stops_a_build_that_is_under_way(project: Project) -> None:
    """And whoever waits for it is told that it will not come."""
    attempt = project.trigger(project.stage(build=f"print('set')\n{FOR_EVER}"))
    watch(attempt, lambda seen: b"set" in seen.output)

    assert len(project.new_driver().down([])) == 1
    seen = watch(attempt, lambda seen: seen.last.phase == "lost")
    attempt.close()
    assert seen.last.reason == "the build was stopped"


def test_a_reused_pid_is_neither_trusted_nor_stopped(project: Project) -> None:
    """A record whose pid is a stranger's by now: not up, and the stranger lives on."""
    stage = project.stage(serve=FOR_EVER)
    project.serve(stage)
    project.driver.down([])
    stranger = subprocess.Popen([sys.executable, "-c", FOR_EVER])
    forged = Proc(stranger.pid, f"{Proc.of(stranger.pid).started}0")
    record = project.record()
    project.store.put(record._replace(stand=type(record.stand).SERVING, child=forged, keeper=forged))

    assert not project.observe(stage).up
    assert project.driver.down([]) == []
    project.serve(stage)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_signal_reaches_this_very_process_only() -> None:
    """The start time decides: with another, nothing is sent."""
    with subprocess.Popen([sys.executable, "-c", FOR_EVER]) as process:
        real = Proc.of(process.pid)

        assert not Proc(real.pid, f"{real.started}0").send(SIGKILL)
        assert not Proc(real.pid, "").send(SIGKILL)
        assert process.poll() is None
        assert real.send(SIGKILL)
        assert process.wait() == -9
        assert not real.alive
        assert not real.send(SIGKILL)


def test_newcomers_are_told_too() -> None:
    """A process that appears while the ladder is climbed down gets the signal of that rung."""
    with (
        subprocess.Popen([sys.executable, "-c", FOR_EVER]) as first,
        subprocess.Popen([sys.executable, "-c", FOR_EVER]) as second,
    ):
        family = {Proc.of(first.pid)}

        def pause(_: float) -> None:
            family.add(Proc.of(second.pid))
            first.poll()
            second.poll()

        descent = descend(lambda: family, (5.0, 5.0, 5.0), pause)

        assert descent.signal == "SIGINT"
        assert not descent.left
        assert {first.pid, second.pid} == {process.pid for process in descent.stopped}


def test_a_copied_project_leaves_the_original_alone(project: Project) -> None:
    """The copy knows nothing of what the original serves: neither down nor a sync there ends it."""
    stage = project.stage(serve=FOR_EVER)
    pid = serve_until_it_says(project, "server", f"print('set')\n{FOR_EVER}")
    shutil.copytree(project.root, project.root.parent / "copy")
    copy = Project(project.root.parent / "copy")

    assert not copy.observe(stage).up
    assert copy.driver.down([]) == []
    copy.serve(copy.stage(serve=FOR_EVER))
    assert [sentence.split(" (")[0] for sentence in copy.driver.down([])] == ["stopped server"]
    assert lives(pid)
    assert project.observe(stage).up
