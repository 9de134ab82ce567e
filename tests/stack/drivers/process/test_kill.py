"""Deaths at bad moments: of the keeper, of the caller, of both. Nothing is left, nothing is believed."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Phase
from pytest_syncguard.stack.drivers.process.record import Stand
from tests.stack.drivers.process.project import FOR_EVER, Project, lives, up, wait_for, watch

# Triggers a stage and watches it until somebody ends it; with "fork", a child of its own holds on to its files.
CALLER = """
import os, pickle, sys, time
settings, stage, how = pickle.loads(sys.stdin.buffer.read())
from pytest_syncguard.stack.drivers.process import ProcessDriver
driver = ProcessDriver(settings)
attempt = driver.trigger(stage)
if how == "fork" and os.fork() == 0:
    time.sleep(600)
print("triggered", flush=True)
try:
    while True:
        attempt.look()
        time.sleep(0.01)
except KeyboardInterrupt:
    attempt.close()
    driver.close()
"""


def start_caller(project: Project, stage: Stage, how: str = "") -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", CALLER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(pickle.dumps((project.settings, stage, how)))
    process.stdin.close()
    process.stdout.readline()
    process.stdout.close()
    return process


def kill_keeper(project: Project) -> None:
    keeper = project.record().keeper
    assert keeper is not None
    keeper.send(signal.SIGKILL)
    wait_for(lambda: not keeper.alive, "the keeper's end")


# Starts a child that a closing terminal does not end, and goes on for ever.
WITH_HELPER = f"""
import subprocess, sys
code = '''
import os, pathlib, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
pathlib.Path("pid").write_text(str(os.getpid()))
pathlib.Path("begun").touch()
{FOR_EVER}'''
subprocess.Popen([sys.executable, "-c", code])
{FOR_EVER}"""


def building_stage(project: Project) -> Stage:
    return project.stage(build=WITH_HELPER, serve=FOR_EVER)


def begun(project: Project) -> None:
    wait_for((project.root / "begun").exists, "the build")
    wait_for(lambda: project.record().stand is Stand.BUILDING, "the record of the build")


def helper(project: Project) -> int:
    return int((project.root / "pid").read_text())


@pytest.mark.parametrize("how", ["", "fork"])
def test_a_killed_caller_leaves_no_build(project: Project, how: str) -> None:
    """SIGKILL of whoever asked: the whole build ends, nothing is served, and the record says it."""
    stage = building_stage(project)
    caller = start_caller(project, stage, how)
    begun(project)
    forked = psutil.Process(caller.pid).children()
    caller.kill()
    caller.wait()

    wait_for(lambda: not lives(helper(project)), "the end of the build")
    wait_for(lambda: project.record().stand is Stand.ABORTED, "the record of it")
    assert project.observe(stage).reason == "the build was stopped"
    assert len(forked) == (1 if how else 0)
    for process in forked:
        process.kill()


def test_ctrl_c_leaves_no_build(project: Project) -> None:
    """When the caller has ended after Ctrl-C, its build has ended before it."""
    stage = building_stage(project)
    caller = start_caller(project, stage)
    begun(project)
    caller.send_signal(signal.SIGINT)

    assert caller.wait(30) == 0
    assert not lives(helper(project))
    assert Stand.ABORTED is project.record().stand


def test_a_killed_caller_leaves_the_served_process(project: Project) -> None:
    """Once it is served, it stays, whatever becomes of the run."""
    stage = project.stage(serve=FOR_EVER)
    caller = start_caller(project, stage)
    wait_for(lambda: project.store.load("server") and project.record().stand is Stand.SERVING, "the process")
    caller.kill()
    caller.wait()

    assert project.observe(stage).up


def test_closing_an_attempt_ends_its_build(project: Project) -> None:
    """After a timeout the pipeline closes the attempt: the build ends, the old process stays."""
    old = project.serve(project.stage(serve=FOR_EVER)).child
    attempt = project.trigger(building_stage(project))
    begun(project)
    attempt.close()
    project.driver.close()

    assert not lives(helper(project))
    assert old is not None
    assert old.alive
    assert not project.observe(project.stage()).up


def test_a_build_that_ignores_everything_is_killed(project: Project) -> None:
    """Nobody can keep a build that nobody wants."""
    deaf = "import signal\nfor number in (1, 2, 15): signal.signal(number, signal.SIG_IGN)\n"
    attempt = project.trigger(project.stage(build=f"{deaf}print('set')\n{FOR_EVER}"))
    watch(attempt, lambda seen: b"set" in seen.output)
    attempt.close()
    project.driver.close()

    assert project.record().signal == "SIGKILL"


def test_a_killed_keeper_takes_its_build_along(project: Project) -> None:
    """The attempt is lost, the build is not up, and the next trigger ends what remained before it builds."""
    stage = building_stage(project)
    attempt = project.trigger(stage)
    begun(project)
    child = project.child()
    kill_keeper(project)

    assert Phase.LOST is attempt.look().phase
    assert "its keeper ended before the build did" in attempt.look().reason
    attempt.close()
    wait_for(lambda: not lives(child.pid), "the build's end")
    assert project.observe(stage).reason == "its build was interrupted"
    assert lives(helper(project))
    project.follow(project.stage(build="print('built')"))
    assert not lives(helper(project))


@pytest.mark.parametrize("how", ["down", "trigger"])
def test_a_killed_keeper_leaves_nothing_for_long(project: Project, how: str) -> None:
    """Its process is not up any more, and what survived it is stopped by the next trigger or down."""
    stage = project.stage(serve=WITH_HELPER)
    attempt = project.trigger(stage)
    watch(attempt, up)
    wait_for((project.root / "begun").exists, "the helper")
    survivor = helper(project)
    kill_keeper(project)

    assert Phase.LOST is attempt.look().phase
    attempt.close()
    assert not project.observe(stage).up
    assert lives(survivor)
    if how == "down":
        assert len(project.driver.down([])) == 1
    else:
        project.serve(project.stage(serve=FOR_EVER))
    assert not lives(survivor)


def test_a_second_trigger_ends_the_first_build(project: Project) -> None:
    """Two builds of a stage never run at the same time."""
    first = project.trigger(building_stage(project))
    begun(project)
    seen = project.follow(project.stage(build="import pathlib; print('built'); pathlib.Path('done').touch()"))

    assert seen.output == b"built\n"
    assert not lives(helper(project))
    assert Phase.LOST is first.look().phase
    first.close()


def test_a_caller_that_dies_after_the_record_leaves_a_true_one(project: Project, tmp_path: Path) -> None:
    """A record without a keeper, as a crash between record and keeper leaves it, is an unfinished build."""
    stage = project.stage(serve=FOR_EVER)
    record = project.serve(stage)
    crashed = record._replace(build="crashed", stand=Stand.QUEUED, keeper=None, child=None, earlier=record.traces())
    project.store.put(crashed)

    assert not project.observe(stage).up
    assert project.observe(stage).reason == "its build was interrupted"
    assert [sentence.split(" (")[0] for sentence in project.driver.down([])] == ["stopped server"]
