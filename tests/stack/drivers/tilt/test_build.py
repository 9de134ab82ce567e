"""What runs, by Tilt's word: its identity changes with each thing that makes it another, and doubt is not up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Observation
from pytest_syncguard.stack.drivers.tilt.build import observation
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
        (of(replace(RUNS, runtime="error")), "its runtime status is error"),
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
