"""What ran before the trigger: its words and its state are never taken for those of what was built."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import CommandSettings
from pytest_syncguard.stack.drivers.base import DriverUnavailable, Phase, Runtime
from pytest_syncguard.stack.drivers.command import CommandDriver
from pytest_syncguard.stack.drivers.command.templates import moment
from tests.stack.drivers.command.project import driver_for, tool, watch
from tests.stack.drivers.command.test_tools import APP

# `run` is what runs: names and the moment of their start. Lines of the log are [moment, name, text].
RUNNER = """
import json, pathlib, sys, time
run, log = pathlib.Path("run.json"), pathlib.Path("log.json")
if sys.argv[1] == "build":
    plan = json.loads(pathlib.Path("plan.json").read_text())
    lines = json.loads(log.read_text())
    lines += [[time.time(), "old", text] for text in plan["old"]]
    time.sleep(0.01)
    if "run" in plan:
        at = time.time()
        run.write_text(json.dumps([plan["run"], at]))
        lines += [[at + 0.001, name, f"{name}: {text}"] for name in plan["run"] for text in plan["new"]]
    log.write_text(json.dumps(lines))
elif sys.argv[1] == "status":
    for name in json.loads(run.read_text())[0]:
        print("up id=" + name)
elif sys.argv[1] == "started":
    print(json.loads(run.read_text())[1])
else:
    name, since = sys.argv[2], float(sys.argv[3])
    for at, by, text in json.loads(log.read_text()):
        if name in ("", by) and at >= since:
            print(text)
"""
NAMED = CommandSettings(
    trigger=("runner", "build"),
    logs=("runner", "logs", "{identity}", "0"),
    status=("runner", "status"),
    up="up",
    identity=r"id=(\w+)",
    poll=0.02,
)
DATED = NAMED._replace(logs=("runner", "logs", "", "{epoch}"), started=("runner", "started"))


@pytest.fixture
def root(tmp_path: Path, bin_folder: Path) -> Path:
    """A service called `old` runs and has said that it is ready."""
    tool(bin_folder, "runner", RUNNER)
    (tmp_path / "run.json").write_text(json.dumps([["old"], time.time() - 60]))
    (tmp_path / "log.json").write_text(json.dumps([[time.time() - 60, "old", "READY"]]))
    return tmp_path


def plan(root: Path, **what: Any) -> None:
    """What the next build brings: words of the old one, names of what runs then and their words."""
    (root / "plan.json").write_text(json.dumps({"old": [], "new": [], **what}))


def say(root: Path, by: str, text: str) -> None:
    lines = json.loads((root / "log.json").read_text())
    (root / "log.json").write_text(json.dumps([*lines, [time.time(), by, text]]))


def up_and_heard(driver: CommandDriver, words: bytes) -> bytes:
    """All output until the stage is up and some words came."""
    seen = watch(driver.trigger(APP), lambda s: s.last.runtime is Runtime.UP and words in s.output)
    driver.close()
    return seen.output


@pytest.mark.parametrize("command", [NAMED, DATED])
def test_words_of_the_old_one_during_the_build_are_not_read(root: Path, command: CommandSettings) -> None:
    """An old dev server that says READY once more while the trigger builds says it for itself."""
    plan(root, old=["READY", "error: I am stopped"], run=["new"], new=["begin"])

    assert up_and_heard(driver_for(root, command), b"begin") == b"new: begin\n"


@pytest.mark.parametrize("command", [NAMED, DATED])
def test_old_one_that_still_runs_after_the_trigger(root: Path, command: CommandSettings) -> None:
    """A trigger that returns early: nothing is up and no word counts until something new runs."""
    plan(root, old=["READY"])
    driver = driver_for(root, command)
    attempt = driver.trigger(APP)
    early = watch(attempt, lambda s: "still shows" in s.last.reason)
    for _ in range(3):
        say(root, "old", "READY")
        early.looks.append(attempt.look())
    (root / "run.json").write_text(json.dumps([["new"], time.time()]))
    say(root, "new", "new: begin")
    late = watch(attempt, lambda s: s.last.runtime is Runtime.UP and b"begin" in s.output)
    driver.close()

    assert {look.runtime for look in early.looks} == {Runtime.STARTING}
    assert early.output + late.output == b"new: begin\n"


def test_restart_that_keeps_the_name(root: Path) -> None:
    """By its start alone it is new; a log by name alone would hold the old words, so that stage fails."""
    plan(root, old=["READY"], run=["old"], new=["begin"])
    assert up_and_heard(driver_for(root, DATED), b"begin") == b"old: begin\n"

    driver = driver_for(root, NAMED._replace(started=DATED.started))
    seen = watch(driver.trigger(APP), lambda s: s.last.runtime is Runtime.DOWN)
    driver.close()

    assert not seen.output
    assert "a restart keeps its name (old)" in seen.last.reason


def test_each_replica_has_its_log(root: Path) -> None:
    """The command runs for each name; lines stay whole, and the last ones are of all."""
    plan(root, run=["a", "b"], new=["begin", "end"])
    driver = driver_for(root, NAMED)
    attempt = driver.trigger(APP)

    seen = watch(attempt, lambda s: s.output.count(b"end") == 2)

    assert sorted(seen.output.split()) == sorted(b"a: begin a: end b: begin b: end".split())
    driver.close()


def test_engine_that_cannot_tell_what_runs_before(root: Path, bin_folder: Path) -> None:
    """What is old could not be told from what is new: nothing is built."""
    driver = driver_for(root, NAMED._replace(status=("sh", "-c", "echo connection refused; exit 1")))

    seen = watch(driver.trigger(APP), lambda s: s.last.phase is Phase.FAILED)

    assert "before its trigger cannot be asked: connection refused" in seen.last.reason


@pytest.mark.parametrize("command", [NAMED, DATED])
def test_last_lines_are_printed_afresh(root: Path, command: CommandSettings) -> None:
    """A panic between two polls is among the last lines, and the next look has it, too."""
    plan(root, run=["new"], new=["READY"])
    driver = driver_for(root, command._replace(poll=60.0))
    attempt = driver.trigger(APP)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP and b"READY" in s.output)
    say(root, "new", "panicked at src/main.rs")

    assert attempt.tail(100) == b"new: READY\npanicked at src/main.rs\n"
    assert attempt.look().output == b"panicked at src/main.rs\n"
    driver.close()


def test_last_lines_that_cannot_be_read(root: Path) -> None:
    """What is up and cannot be looked at once more is unknown, not synced."""
    plan(root, run=["new"], new=["READY"])
    driver = driver_for(root, NAMED._replace(poll=60.0))
    attempt = driver.trigger(APP)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP and b"READY" in s.output)
    (root / "log.json").unlink()

    with pytest.raises(DriverUnavailable, match="the last lines of app cannot be read once more: `runner logs"):
        attempt.tail(100)
    driver.close()


def test_half_line_of_the_trigger(root: Path) -> None:
    """It ends with the trigger: what the service says first is a line of its own, and may be a sign."""
    plan(root, run=["new"], new=["begin"])
    built = NAMED._replace(trigger=("sh", "-c", "runner build; printf building"))
    driver = driver_for(root, built)

    seen = watch(driver.trigger(APP), lambda s: b"begin" in s.output)

    assert seen.output == b"building\nnew: begin\n"
    assert [look.signs for look in seen.looks if look.output] == [False, True]
    driver.close()


JOB = APP._replace(one_shot=True)
ENDED = NAMED._replace(up="", done="up")  # what `status` shows of a run that has ended


def test_one_shot_that_ended_before_the_trigger(root: Path) -> None:
    """A trigger that returns early: the run before it has ended well, and that is not this one's end."""
    plan(root)
    driver = driver_for(root, ENDED)
    driver.open([JOB])
    attempt = driver.trigger(JOB)
    early = watch(attempt, lambda s: "still shows the app that there was before" in s.last.reason)
    (root / "run.json").write_text(json.dumps([["new"], time.time()]))
    say(root, "new", "bundled")
    late = watch(attempt, lambda s: s.last.phase is Phase.PASSED)
    driver.close()

    assert {look.phase for look in early.looks} <= {Phase.QUEUED, Phase.BUILDING}
    assert early.output + late.output == b"bundled\n"


def test_one_shot_that_ended_without_a_name(root: Path) -> None:
    """Whose end that is nobody knows: it counts for none."""
    plan(root)
    driver = driver_for(root, ENDED._replace(status=("echo", "up")))
    attempt = driver.trigger(JOB)

    seen = watch(attempt, lambda s: "`identity` finds no name in the status of app" in s.last.reason)

    assert Phase.PASSED not in {look.phase for look in seen.looks}
    driver.close()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (NAMED, "stack.command.done is missing: without it, what an older app still writes to the log would count"),
        (DATED, "stack.command.done is missing: "),
        (ENDED._replace(identity=""), "stack.command.status and .identity are needed beside done"),
        (ENDED._replace(logs=(), status=()), "stack.command.status and .identity are needed beside done"),
    ],
)
def test_one_shot_that_cannot_be_told_from_the_one_before(root: Path, command: CommandSettings, said: str) -> None:
    """Refused before anything is triggered, and by doctor, with the cure."""
    driver = driver_for(root, command)

    with pytest.raises(SyncguardError) as refused:
        driver.open([JOB])

    assert str(refused.value).startswith(said)
    assert [check.found for check in driver.doctor([JOB]) if not check.ok] == [str(refused.value)]


def test_one_shot_whose_trigger_prints_all_and_waits(root: Path) -> None:
    """There is no log of an older one that could be taken for its own."""
    driver = driver_for(root, CommandSettings(trigger=("echo", "bundled")))
    driver.open([JOB])

    seen = watch(driver.trigger(JOB), lambda s: s.last.phase is Phase.PASSED)

    assert seen.output == b"bundled\n"
    assert all(look.signs for look in seen.looks)
    driver.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1970-01-01T00:01:00.500000000Z", 60.5),
        ("1970-01-01T01:01:00.5+01:00", 60.5),
        ("@60.5", 60.5),
        ("60", None),
        ("1970-01-01T00:01:00Z", None),
        ("1970-01-01T00:01:00.5", None),
        ("60.5 61.5", None),
        ("", None),
    ],
)
def test_moment_of_a_start(text: str, found: float | None) -> None:
    """One exact moment, or none: whole seconds and several starts do not keep old words out."""
    assert moment(text) == found
