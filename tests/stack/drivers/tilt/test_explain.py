"""Why what Tilt runs is not what was synced: each part of the identity by itself."""

from __future__ import annotations

from datetime import datetime

import pytest

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.tilt.build import observation
from pytest_syncguard.stack.drivers.tilt.explain import explain
from pytest_syncguard.stack.drivers.tilt.resource import Build, Resource
from pytest_syncguard.stack.drivers.tilt.session import Session

LOADED, BUILT, LATER = (f"2026-11-21T13:0{minute}:25.123456Z" for minute in range(3))
BY_ITSELF = (
    "Tilt built it again at {} without syncguard "
    "(its files changed, which TRIGGER_MODE_MANUAL spares, or it was triggered by hand or enabled)"
)


def identity(
    session: str = "one@then", loaded: str = LOADED, span: str = "build:3", at: str = BUILT, pid: str = "7"
) -> str:
    """What the ledger keeps of a resource in this state."""
    resource = Resource("api", "ok", "ok", history=(Build(span, at),), serving=pid)
    tiltfile = Resource("(Tiltfile)", "ok", history=(Build("tiltfile:1", loaded),))
    return observation(Stage("api", "api"), Session(session), resource, tiltfile).build


def on_the_wall(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone():%H:%M:%S}"


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (identity(session="two@now"), "Tilt was restarted"),
        (identity(loaded=LATER), "the Tiltfile was loaded again"),
        (identity(span="build:4", at=LATER), BY_ITSELF.format(on_the_wall(LATER))),
        (identity(span="build:4", at=""), BY_ITSELF.replace(" at {}", "")),
        (identity(pid="8"), "its process was restarted"),
        (identity(session="two@now", loaded=LATER, span="build:2", at=LATER, pid="9"), "Tilt was restarted"),
        (identity(), ""),
        ("", ""),
    ],
)
def test_what_happened_is_told_by_the_part_that_differs(seen: str, said: str) -> None:
    """The most far-reaching part, for the others follow from it."""
    assert explain(identity(), seen) == said


def test_what_another_driver_recorded_explains_nothing() -> None:
    """Its identities have other parts."""
    assert explain("4711 since 12", identity()) == ""
