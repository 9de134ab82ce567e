"""What runs, by Tilt's word: its identity changes with each thing that makes it another, and doubt is not up."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Look, Observation, Phase, Runtime
from pytest_syncguard.stack.drivers.tilt.book import BuildBook
from pytest_syncguard.stack.drivers.tilt.build import Before, TiltAttempt, observation
from pytest_syncguard.stack.drivers.tilt.client import Entry
from pytest_syncguard.stack.drivers.tilt.resource import Build, Resource
from pytest_syncguard.stack.drivers.tilt.session import Session

SERVER, CLIENT = Stage("server", "server"), Stage("client", "client", one_shot=True)
SESSION = Session("uid@start")
BUILT = Build("build:4", "2026-11-21T12:00:00Z")
RUNS = Resource("server", "ok", "ok", history=(BUILT,), serving="4711")
TILTFILE = Resource("(Tiltfile)", "ok", "not_applicable", history=(Build("tiltfile:1", "2026-11-21T11:59:00Z"),))
WELL = observation(SERVER, SESSION, RUNS, TILTFILE)


def of(resource: Resource | None, stage: Stage = SERVER) -> Observation:
    return observation(stage, SESSION, resource, TILTFILE)


def test_what_stays_the_same_is_the_same() -> None:
    """Up, and known again by whoever looks later."""
    assert WELL.up
    assert of(replace(RUNS, version=99, order=3)) == WELL


@pytest.mark.parametrize(
    "other",
    [
        observation(SERVER, Session("uid@later"), RUNS, TILTFILE),
        observation(SERVER, SESSION, RUNS, replace(TILTFILE, history=(Build("tiltfile:2", "2026-11-21T12:30:00Z"),))),
        of(replace(RUNS, history=(replace(BUILT, span="build:5"), BUILT))),
        of(replace(RUNS, history=(replace(BUILT, start="2026-11-21T12:30:00Z"),))),
        of(replace(RUNS, serving="4712")),
    ],
    ids=["Tilt restarted", "Tiltfile loaded anew", "another build", "the same number at another time", "another pid"],
)
def test_another_one_has_another_identity(other: Observation) -> None:
    """It is up, and it is not what was synced."""
    assert other.up
    assert other.build != WELL.build


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (of(None), 'Tilt has no resource "server"'),
        (of(replace(RUNS, history=())), "Tilt has not built it yet"),
        (of(replace(RUNS, history=(replace(BUILT, error="exit status 1"),))), "newest build failed: exit status 1"),
        (of(replace(RUNS, update="in_progress", current=Build("build:5", "now"))), "Tilt is building it again"),
        (of(replace(RUNS, update="pending", queued=True)), "Tilt is building it again"),
        (of(replace(RUNS, runtime="error")), "its runtime status is error; see syncguard logs --driver server"),
        (of(replace(RUNS, runtime="pending")), "its runtime status is pending"),
        (of(replace(RUNS, runtime="error"), CLIENT), "its runtime status is error"),
        (
            observation(SERVER, SESSION, RUNS, replace(TILTFILE, history=(Build("tiltfile:2", "now", "syntax"),))),
            "the Tiltfile is broken",
        ),
    ],
)
def test_doubt_is_not_up(seen: Observation, reason: str) -> None:
    """Each with its reason, and no outage: Tilt has answered."""
    assert (seen.up, seen.unknown) == (False, False)
    assert reason in seen.reason


def test_a_one_shot_needs_nothing_that_stays_up() -> None:
    """Whatever Tilt says of a runtime that there is none of."""
    assert of(replace(RUNS, runtime="pending", serving=""), CLIENT).up


@dataclass
class Told:
    """A feed that has heard this, and hears nothing more."""

    resources: dict[str, Resource]
    books: dict[str, BuildBook] = field(default_factory=lambda: {"server": BuildBook(4)})
    ended: bool = False
    behind: bool = False
    asked_at: float = 0.0

    def pump(self) -> None: ...


def look(resource: Resource, *log: Entry, before: Before) -> Look:
    """How the build stands that answers a trigger, in the same moment."""
    told = Told({"server": resource})
    told.books["server"].add(log)
    feed = cast("Any", told)
    return TiltAttempt(cast("Any", None), SESSION, feed, SERVER, before, clock=lambda: 0.0).look()


BEFORE = Before(newest=4, serving="4711")
NEWER = Build("build:5", "2026-11-21T12:30:00Z")
PASSED = replace(RUNS, history=(NEWER, BUILT), serving="4712")
MARK = Entry("server", "build:5", "init", "CLI Trigger")
START = Entry("server", "localserve:2", "", "Running cmd: ./serve")


def test_a_build_that_passed_with_a_new_process_is_up() -> None:
    """Known by its number, its pid, and its start in the log."""
    seen = look(PASSED, MARK, START, before=BEFORE)
    assert (seen.phase, seen.runtime, seen.build) == (Phase.PASSED, Runtime.UP, "build:5")


def test_the_process_that_served_before_is_not_the_new_one() -> None:
    """Tilt says ok of the old one until the new one is there; and tells of a new one before the log does."""
    old = look(replace(PASSED, serving="4711"), MARK, START, before=BEFORE)
    early = look(PASSED, MARK, before=BEFORE)
    assert [each.runtime for each in (old, early)] == [Runtime.STARTING] * 2


def test_a_process_by_the_word_of_its_command_is_the_one_whose_start_the_log_showed() -> None:
    """The command of the old one may have been asked."""
    asked = replace(PASSED, span="localserve:1"), replace(PASSED, span="localserve:2")
    assert [look(each, MARK, START, before=BEFORE).runtime for each in asked] == [Runtime.STARTING, Runtime.UP]


@pytest.mark.parametrize(
    ("resource", "log", "before"),
    [
        (RUNS, (), BEFORE),
        (PASSED, (), replace(BEFORE, newest=5)),
        (PASSED, (MARK, START), replace(BEFORE, at=NEWER.started + 1.0)),
        (replace(RUNS, history=(BUILT,), serving="4712"), (MARK, START), BEFORE),
        (replace(PASSED, queued=True), (MARK, START), BEFORE),
    ],
    ids=["none came yet", "it ran before", "it began before", "the states are old", "another is queued"],
)
def test_no_other_build_answers_a_trigger(resource: Resource, log: tuple[Entry, ...], before: Before) -> None:
    """Its success is none of ours."""
    assert look(resource, *log, before=before).phase in (Phase.QUEUED, Phase.BUILDING)


def test_a_build_whose_log_is_late_is_waited_for() -> None:
    """What it wrote is not there yet."""
    assert look(PASSED, before=BEFORE).phase is Phase.BUILDING


def test_a_build_that_failed_says_so() -> None:
    """And a resource that was disabled meanwhile."""
    failed = look(replace(PASSED, history=(replace(NEWER, error="exit status 1"), BUILT)), MARK, before=BEFORE)
    disabled = look(replace(PASSED, enabled=False), MARK, START, before=BEFORE)
    assert (failed.phase, failed.reason) == (Phase.FAILED, "exit status 1")
    assert disabled.phase is Phase.FAILED


@pytest.fixture
def server() -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves, a moment old."""
    with subprocess.Popen(["sleep", "100"]) as child:
        time.sleep(0.3)
        yield child
        child.kill()


def finished(ago: float, server: subprocess.Popen[bytes], runtime: str = "ok") -> Resource:
    """The build ended so many seconds ago, and Tilt tells it only now."""
    end = datetime.fromtimestamp(time.time() - ago, UTC)
    newer = replace(NEWER, start=(end - timedelta(seconds=1)).isoformat(), finish=end.isoformat())
    return replace(PASSED, history=(newer, BUILT), serving=str(server.pid), runtime=runtime)


OURS = replace(BEFORE, at=1.0)  # Tilt's clock is ours


@pytest.mark.parametrize(("ago", "held"), [(0.2, 0.2), (5.0, 0.35)])
def test_a_success_stands_since_build_and_process_are_there(
    ago: float, held: float, server: subprocess.Popen[bytes]
) -> None:
    """Whichever came last, the end of the build or the start of the process."""
    assert look(finished(ago, server), MARK, START, before=OURS).held == pytest.approx(held, abs=0.15)


def test_nothing_is_held_that_nobody_can_prove(server: subprocess.Popen[bytes]) -> None:
    """Tilt runs elsewhere; what serves is no process; its process was seen before it was up."""
    resource = finished(5.0, server)
    elsewhere = look(resource, MARK, START, before=BEFORE)
    pod = look(replace(resource, serving="server-0@2026-11-21T12:31:00Z"), MARK, START, before=OURS)
    told = Told({"server": replace(resource, runtime="pending")})
    told.books["server"].add((MARK, START))
    attempt = TiltAttempt(cast("Any", None), SESSION, cast("Any", told), SERVER, OURS, clock=lambda: 0.0)
    slow = attempt.look()
    told.resources["server"] = resource
    up = attempt.look()

    assert [each.runtime for each in (elsewhere, pod, slow, up)] == [
        Runtime.UP,
        Runtime.UP,
        Runtime.STARTING,
        Runtime.UP,
    ]
    assert [each.held for each in (elsewhere, pod, slow, up)] == [0.0] * 4


def test_a_process_that_has_ended_is_not_up_though_tilt_still_says_so(server: subprocess.Popen[bytes]) -> None:
    """Tilt tells late of its end, too."""
    told = Told({"server": finished(5.0, server)})
    told.books["server"].add((MARK, START))
    attempt = TiltAttempt(cast("Any", None), SESSION, cast("Any", told), SERVER, OURS, clock=lambda: 0.0)
    before = attempt.look().runtime
    server.kill()
    server.wait()

    assert (before, attempt.look().runtime) == (Runtime.UP, Runtime.STARTING)
