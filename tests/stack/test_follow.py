"""When a build counts as synced: what must hold, since when it counts, and what is read once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import (
    TAIL_LEAD,
    DriverUnavailable,
    Look,
    Observation,
    Phase,
    Reread,
    Runtime,
)
from pytest_syncguard.stack.follow import LINE_GRACE, LOG_LAG, Follower
from pytest_syncguard.stack.outcome import Kind, Outcome

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


@dataclass
class Piecemeal(Engine):
    """An engine whose lines come in pieces; ``whole`` says what it has, when it is asked, from that time on."""

    whole: list[tuple[float, Reread]] = field(default_factory=list)

    def prepare_reread(self) -> None:
        self.asked.append(f"prepared at {self.now:.2f}")

    def reread(self) -> Reread:
        self.asked.append(f"read at {self.now:.2f}")
        return next(reread for since, reread in reversed(self.whole) if since <= self.now)


@pytest.fixture
def piecemeal() -> Piecemeal:
    return Piecemeal()


@pytest.fixture
def joining(piecemeal: Piecemeal, tmp_path: Path) -> Iterator[Follower]:
    """The same stage, on such an engine."""
    stage = Stage("server", "server", success=("^up",), settle=SETTLE, timeout=20.0)
    follower = Follower(stage, piecemeal, tmp_path / "log", clock=lambda: piecemeal.now)
    yield follower
    follower.close()


def ends(engine: Piecemeal, follower: Follower, looks: list[Look], *texts: bytes, whole: bool = True) -> Outcome:
    """How it ends if each of the texts is what the engine has a second after the one before."""
    engine.looks = looks
    engine.whole = [(engine.now + number, Reread(text, whole=whole)) for number, text in enumerate(texts)]
    while (outcome := follower.step()) is None:
        engine.now += STEP
        assert engine.now < 200
    return outcome


def test_an_error_in_two_pieces_is_found_on_its_whole_line(piecemeal: Piecemeal, joining: Follower) -> None:
    """However many lines come after it; the kept log shows the line, too."""
    pieces = b"x.c:3: err\nor: expected\n" + b"note\n" * 500
    whole = pieces.replace(b"err\nor", b"err" + b"or") + b"up\n"
    outcome = ends(piecemeal, joining, [said(pieces + b"up\n"), PASSED], whole)

    assert (outcome.kind, outcome.reason) == (Kind.ERROR, "x.c:3: error: expected")
    assert b"x.c:3: error: expected\n" in joining.log.read_bytes()


def test_an_error_of_which_a_piece_was_one_is_told_and_kept_whole(piecemeal: Piecemeal, joining: Follower) -> None:
    """With the place of that piece."""
    outcome = ends(
        piecemeal, joining, [said(b"err\nor: address already in use\nup\n")], b"error: address already in use\n"
    )

    assert [(found.text, found.line) for found in outcome.findings] == [("error: address already in use", 2)]
    assert b"error: address already in use\n" in joining.log.read_bytes()


def test_a_sign_in_two_pieces_is_found_about_a_second_later(piecemeal: Piecemeal, joining: Follower) -> None:
    """Where nothing but the sign is missing, the log is read again."""
    began = piecemeal.now
    outcome = ends(piecemeal, joining, [said(b"u\n"), said(b"p\n"), PASSED], b"up\n")

    assert outcome.kind is Kind.SYNCED
    assert piecemeal.now - began == pytest.approx(1.0 + SETTLE, abs=0.1)


@pytest.mark.parametrize("pause", [0.1, 0.9, LINE_GRACE - 0.2])
def test_an_innocent_line_in_two_pieces_is_no_error(piecemeal: Piecemeal, joining: Follower, pause: float) -> None:
    """Whichever of its pieces looks like one, and however late the other comes."""
    waits = [BUILDING] * int(pause / STEP)
    looks = [said(b"error\n", BUILDING), *waits, said(b"_handler.rs\n0 \n", BUILDING), said(b"errors\n"), *waits]
    outcome = ends(piecemeal, joining, [*looks, said(b"up\n"), PASSED], b"error_handler.rs\n0 errors\nup\n")

    assert outcome.kind is Kind.SYNCED


def test_a_piece_that_looks_like_a_sign_is_none(piecemeal: Piecemeal, joining: Follower) -> None:
    """The line says the contrary: its stage waits, and is synced once the sign is there."""
    looks = [said(b"not \n"), said(b"up\n"), *[PASSED] * 300, said(b"up\n"), PASSED]
    began = piecemeal.now
    outcome = ends(piecemeal, joining, looks, b"not up\n", b"not up\n", b"not up\n", b"not up\nup\n")

    assert outcome.kind is Kind.SYNCED
    assert piecemeal.now > began + 3.0


def test_an_error_stays_one_where_the_engine_lacks_a_part_of_the_log(piecemeal: Piecemeal, joining: Follower) -> None:
    """It may stand in what is lost; and so it is where the engine cannot be asked any more."""
    outcome = ends(piecemeal, joining, [said(b"error: oh\nup\n"), PASSED], b"up\n", whole=False)
    assert (outcome.kind, outcome.reason) == (Kind.ERROR, "error: oh")


def test_an_error_stays_one_though_the_engine_has_gone(
    piecemeal: Piecemeal, joining: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was seen."""

    def gone() -> Reread:
        raise DriverUnavailable("no Tilt answers")

    monkeypatch.setattr(piecemeal, "reread", gone)
    outcome = ends(piecemeal, joining, [said(b"error: oh\nup\n"), PASSED])
    assert (outcome.kind, outcome.reason) == (Kind.ERROR, "error: oh")


def test_a_panic_in_two_pieces_is_found_after_its_stage_was_synced(piecemeal: Piecemeal, joining: Follower) -> None:
    """A finished stage stays watched: what it says later is read on whole lines, too."""
    panic = b"thread 'main' panicked\n"
    assert ends(piecemeal, joining, [said(b"up\n"), PASSED], b"up\n").kind is Kind.SYNCED
    piecemeal.looks = [said(panic[:17] + b"\n"), said(panic[17:]), PASSED]
    piecemeal.whole = [(piecemeal.now, Reread(b"up\n" + panic, whole=True))]

    while (outcome := joining.step()) is None or outcome.kind is Kind.SYNCED:
        piecemeal.now += STEP
        assert piecemeal.now < 200
    assert (outcome.kind, outcome.reason) == (Kind.ERROR, "thread 'main' panicked")


def test_a_server_that_never_rests_is_read_again_ever_more_rarely(piecemeal: Piecemeal, joining: Follower) -> None:
    """Each time costs the engine something."""
    ends(piecemeal, joining, [said(b"GET /\n")], b"GET /\n")
    read = [asked for asked in piecemeal.asked if asked.startswith("read")]
    assert len(read) <= 3
