"""When a build counts as synced: what must hold, since when it counts, and what is read once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import TAIL_LEAD, Look, Observation, Phase, Runtime
from pytest_syncguard.stack.follow import LOG_LAG, Follower, Kind

STEP = 0.01  # seconds of the test's own time
SETTLE = 1.0
PASSED = Look(b"", Phase.PASSED, Runtime.UP, "1")
BUILDING = Look(b"", Phase.BUILDING, Runtime.UNKNOWN, "1")


@dataclass
class Engine:
    """An `Attempt` that tells what it is told to, and notes when it was asked for the last lines."""

    now: float = 100.0
    looks: list[Look] = field(default_factory=list)
    tail_text: bytes = b"up\n"
    asked: list[str] = field(default_factory=list)

    def look(self) -> Look:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def prepare_tail(self, lines: int) -> None:
        self.asked.append(f"prepared at {self.now:.2f}")

    def tail(self, lines: int) -> bytes:
        self.asked.append(f"read at {self.now:.2f}")
        return self.tail_text

    def observe(self) -> Observation:
        return Observation("1", up=True)

    def close(self) -> None: ...


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def follower(engine: Engine, tmp_path: Path) -> Iterator[Follower]:
    """Of a stage whose sign of success is "up", and must stand for a second."""
    stage = Stage("server", "server", success=("^up",), settle=SETTLE)
    follower = Follower(stage, engine, tmp_path / "log", clock=lambda: engine.now)
    yield follower
    follower.close()


def seconds_until_synced(engine: Engine, follower: Follower, *looks: Look) -> float:
    """Let these looks come one after the other, the last one for good; how long it takes from the first."""
    engine.looks, began = list(looks), engine.now
    while (outcome := follower.step()) is None:
        engine.now += STEP
        assert engine.now < began + 10
    assert outcome.kind is Kind.SYNCED, outcome
    return engine.now - began


def said(text: bytes, look: Look = PASSED, held: float = 0.0) -> Look:
    return Look(text, look.phase, look.runtime, look.build, held=held)


def test_a_success_counts_once_it_has_stood_for_the_time_to_settle(engine: Engine, follower: Follower) -> None:
    """Nothing is known of the past: the whole second is waited for."""
    assert seconds_until_synced(engine, follower, said(b"up\n"), PASSED) == pytest.approx(SETTLE, abs=2 * STEP)


@pytest.mark.parametrize(("held", "waited"), [(0.4, 0.6), (0.7, 0.3), (5.0, LOG_LAG)])
def test_what_an_engine_tells_late_counts_from_when_it_was_so(
    engine: Engine, follower: Follower, held: float, waited: float
) -> None:
    """But for the moment in which the log may still bring what happened before."""
    early = [said(b"up\n", BUILDING), *[BUILDING] * 600]
    taken = seconds_until_synced(engine, follower, *early, said(b"", held=held), PASSED)
    assert taken - 601 * STEP == pytest.approx(waited, abs=2 * STEP)


@pytest.mark.parametrize("settle", [0.0, 0.1])
@pytest.mark.parametrize("held", [0.0, 5.0])
def test_an_error_that_lags_behind_the_state_is_waited_for_though_little_is_asked(
    engine: Engine, tmp_path: Path, settle: float, held: float
) -> None:
    """The log may come a moment after the state: a success that need not stand for long waits for it all the same."""
    stage = Stage("server", "server", success=("^up",), settle=settle)
    follower = Follower(stage, engine, tmp_path / "log", clock=lambda: engine.now)
    lag = int(LOG_LAG / STEP) - 1
    early = [said(b"up\n", BUILDING), *[BUILDING] * 600]
    engine.looks = [*early, said(b"", held=held), *[PASSED] * (lag - 1), said(b"error: oh\n"), PASSED]
    while (outcome := follower.step()) is None:
        engine.now += STEP
    follower.close()
    assert outcome.kind is Kind.ERROR


def test_time_before_the_sign_of_success_does_not_count(engine: Engine, follower: Follower) -> None:
    """The process may have been up for long: it is its sign that must stand."""
    assert seconds_until_synced(engine, follower, said(b"up\n", held=5.0), PASSED) == pytest.approx(1.0, abs=2 * STEP)


def test_a_process_that_fell_and_rose_settles_anew(engine: Engine, follower: Follower) -> None:
    """What stood before the fall is void, whatever the engine says of the past later."""
    down = Look(b"", Phase.PASSED, Runtime.STARTING, "1")
    looks = [said(b"up\n"), *[PASSED] * 50, down, said(b""), PASSED]
    assert seconds_until_synced(engine, follower, *looks) == pytest.approx(0.52 + SETTLE, abs=2 * STEP)


def test_the_last_lines_are_asked_for_so_that_they_come_when_the_time_is_over(
    engine: Engine, follower: Follower
) -> None:
    """Once, a moment ahead, and read when the success has stood."""
    taken = seconds_until_synced(engine, follower, said(b"up\n"), PASSED)
    prepared, read = engine.asked
    assert float(prepared.split()[-1]) == pytest.approx(100 + SETTLE - TAIL_LEAD, abs=2 * STEP)
    assert float(read.split()[-1]) == pytest.approx(100 + taken, abs=STEP)


def test_the_sources_are_looked_at_again_once_the_success_has_stood(engine: Engine, tmp_path: Path) -> None:
    """Not a moment before, so that no edit until then is missed; after a fall nothing was looked at."""
    stage = Stage("server", "server", success=("^up",), settle=SETTLE)

    def look_at_sources() -> None:
        engine.asked.append(f"looked at {engine.now:.2f}")

    follower = Follower(stage, engine, tmp_path / "log", clock=lambda: engine.now, settled=look_at_sources)
    down = PASSED._replace(runtime=Runtime.STARTING)

    seconds_until_synced(engine, follower, said(b"up\n"), *[PASSED] * 97, down, PASSED)
    follower.close()

    words = [asked.split()[0] for asked in engine.asked]
    assert words == ["prepared", "prepared", "looked", "read"]
    times = [float(asked.split()[-1]) for asked in engine.asked]
    assert times[0] == pytest.approx(100 + SETTLE - TAIL_LEAD, abs=2 * STEP)
    assert times[1] == pytest.approx(times[3] - TAIL_LEAD, abs=2 * STEP)
    assert times[2] == times[3]


def test_an_error_in_the_last_lines_is_one_though_the_log_never_brought_it(engine: Engine, follower: Follower) -> None:
    """Read once more: that is what it is for."""
    engine.looks, engine.tail_text = [said(b"up\n"), PASSED], b"up\nthread 'main' panicked at src/main.rs:3:5\n"
    while (outcome := follower.step()) is None:
        engine.now += STEP
    assert outcome.kind is Kind.ERROR
    assert "panicked" in outcome.findings[0].text


def test_a_success_does_not_count_while_more_of_the_log_is_unread(engine: Engine, follower: Follower) -> None:
    """What has arrived and was not read yet may hold an error: it is read first, and then all settles anew."""
    unread = PASSED._replace(behind=True)
    looks = [said(b"up\n"), *[unread] * 200, PASSED]
    assert seconds_until_synced(engine, follower, *looks) == pytest.approx(201 * STEP + SETTLE, abs=2 * STEP)


def test_an_error_that_was_unread_when_the_sign_came_fails_the_build(engine: Engine, follower: Follower) -> None:
    """However long it takes to read it."""
    unread = PASSED._replace(behind=True)
    engine.looks = [said(b"up\n"), *[unread] * 200, said(b"thread 'main' panicked at src/main.rs:3:5\n"), PASSED]
    while (outcome := follower.step()) is None:
        engine.now += STEP
    assert outcome.kind is Kind.ERROR


@pytest.mark.parametrize("when", [10, 300])
def test_a_newer_build_has_to_say_everything_itself(engine: Engine, follower: Follower, when: int) -> None:
    """The sign of the build before it, seen but not settled or long synced, is no sign of this one."""
    engine.looks = [said(b"up\n"), *[PASSED] * when]
    for _ in range(when):
        engine.now += STEP
        follower.step()
    newer = PASSED._replace(build="2")
    engine.looks = [newer]

    for _ in range(300):
        engine.now += STEP
        assert follower.step() is None
    assert follower.doing == "waiting for its sign of success"
    assert seconds_until_synced(engine, follower, said(b"up\n", newer), newer) == pytest.approx(SETTLE, abs=2 * STEP)


def test_a_sign_where_none_counts_is_no_success(engine: Engine, follower: Follower) -> None:
    """The words of a command that starts a service are not the service's; the failure says so."""
    engine.looks = [said(b"up\n", BUILDING)._replace(signs=False), PASSED]
    while (outcome := follower.step()) is None:
        engine.now += STEP

    assert outcome.kind is Kind.TIMEOUT
    assert outcome.reason == (
        "waiting for its sign of success in its own log: the one that its trigger printed does not count"
    )


def test_an_error_counts_where_a_sign_of_success_does_not(engine: Engine, follower: Follower) -> None:
    """Errors first, wherever they stand."""
    engine.looks = [said(b"error: no space\n", BUILDING)._replace(signs=False), said(b"up\n"), PASSED]
    while (outcome := follower.step()) is None:
        engine.now += STEP

    assert (outcome.kind, outcome.reason) == (Kind.ERROR, "error: no space")
