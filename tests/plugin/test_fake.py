"""The fake stack that ships for tests: it does what it is told, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard import gate
from pytest_syncguard.settings.model import Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.base import Driver
from pytest_syncguard.stack.guard import StackGuard
from pytest_syncguard.testing.fake import FakeDriver, FakeStack
from pytest_syncguard.verdict import Result, Status

STAGES = (
    Stage("client", "client", sources=("client/**",), success=("is ready",), settle=0, timeout=5),
    Stage("server", "server", needs=("client",), sources=("server/**",), success=("is ready",), settle=0, timeout=5),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for stage in STAGES:
        (tmp_path / stage.name).mkdir()
        (tmp_path / stage.name / "source").write_text("1")
    return Settings(tmp_path, stack=StackSettings("fake", stages=STAGES))


@pytest.fixture
def stack(settings: Settings) -> FakeStack:
    return FakeStack(settings.root)


def driver(settings: Settings) -> Driver:
    """Typed: it is a driver."""
    return FakeDriver(settings)


def sync(settings: Settings) -> Result:
    return gate.sync([StackGuard(settings, driver)])


def test_without_a_word_all_is_well(settings: Settings, stack: FakeStack) -> None:
    """Every stage passes, runs, and stays synced."""
    assert sync(settings).synced
    assert sync(settings).synced
    assert stack.builds == ["client", "server"]
    assert stack.running == {"client": "build 1", "server": "build 2"}


@pytest.mark.parametrize(
    ("log", "end", "status"),
    [
        ("server is ready\n", "passed", Status.SYNCED),
        ("error: no\n", "passed", Status.FAILED),
        ("server is ready\n", "failed", Status.FAILED),
        ("", "lost", Status.UNKNOWN),
    ],
)
def test_a_build_ends_as_it_is_told_to(
    settings: Settings, stack: FakeStack, log: str, end: str, status: Status
) -> None:
    """By its log, or by its end."""
    stack.play("server", log, end=end)  # type: ignore[arg-type]

    assert sync(settings).verdicts[-1].status is status


def test_what_stops_is_stale(settings: Settings, stack: FakeStack) -> None:
    """And is built again, with what needs it."""
    sync(settings)
    stack.stop("client")
    assert list(stack.running) == ["server"]

    assert sync(settings).synced
    assert stack.builds[2:] == ["client", "server"]


def test_silence_is_an_outage(settings: Settings, stack: FakeStack) -> None:
    """Until it answers again."""
    sync(settings)
    stack.fall_silent()
    assert {verdict.status for verdict in gate.check([StackGuard(settings, driver)]).verdicts} == {Status.UNKNOWN}
    assert [check.ok for check in driver(settings).doctor(STAGES)] == [False]
    stack.answer()

    assert gate.check([StackGuard(settings, driver)]).synced


def test_down_stops_all(settings: Settings, stack: FakeStack) -> None:
    """One sentence for each."""
    sync(settings)
    assert driver(settings).log(STAGES[0]) == b"client is ready\n"

    assert StackGuard(settings, driver).down() == ["stopped client", "stopped server"]
    assert stack.running == {}
    assert driver(settings).log(STAGES[0]) == b""
