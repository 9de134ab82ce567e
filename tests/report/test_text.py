"""A sync as lines: what is written while it lasts, the block at its end, live lines."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pytest_syncguard.report.text import Live, TextReport
from pytest_syncguard.verdict import (
    Event,
    Evidence,
    Interrupted,
    Plan,
    Planned,
    RemedyApplied,
    Result,
    Status,
    Step,
    StepFinished,
    StepProgress,
    StepStarted,
    Target,
    Verdict,
    Waiting,
    Warned,
)

SERVER = Target("stack", "server")
STEP = Step(SERVER, "rebuild", "never synced", 2)
GOOD = Verdict(SERVER, Status.SYNCED, "rebuilt")
BAD = Verdict(SERVER, Status.FAILED, "Step 2 FAILED: server rebuild error", (Evidence("error: no", "a.log", 7),))
EVENTS: tuple[Event, ...] = (
    Waiting(reason="waiting for pid 7"),
    Warned(message="sources match nothing"),
    Planned(plan=Plan("stack", (BAD, GOOD), (STEP,))),
    StepStarted(step=STEP),
    StepProgress(step=STEP, doing="building", elapsed=3.2, line="Compiling\x1b[0m"),
    RemedyApplied(step=STEP, error="TS2688", command=("npm", "install")),
    StepFinished(step=STEP, verdict=GOOD, seconds=4.25),
    Interrupted((STEP,)),
    Interrupted(()),
)


def told(*, quiet: bool = False) -> list[str]:
    lines: list[str] = []
    report = TextReport(lines.append, quiet=quiet)
    for event in EVENTS:
        report(event)
    return lines


def test_lines_while_it_lasts() -> None:
    """One for each thing that happens; progress is for terminals."""
    assert told() == [
        "waiting for pid 7",
        "warning: sources match nothing",
        "stack: 1 of 2 to bring in sync",
        "  2. server: rebuild (never synced)",
        "  2. server: TS2688: remedy: npm install",
        "  2. server: synced in 4.2 s",
        "interrupted: the rebuild of server was given up; run the same command again",
        "interrupted: run the same command again",
    ]


def test_what_is_waited_for_long_is_told_once() -> None:
    """Without live lines: each reason that has lasted for three seconds; neither work nor a short wait."""
    lines: list[str] = []
    plain, quiet = TextReport(lines.append), TextReport(lines.append, quiet=True)
    live = TextReport(lines.append, live=Live(io.StringIO()))
    doings = ["building"] * 50 + ["queued: behind build:41 of api"] * 80 + ["settling"] * 50
    doings += ["waiting for its process: no answer"] * 29 + ["waiting for its process: status 500"] * 40
    for report in (plain, quiet, live):
        for tenths, doing in enumerate(doings):
            report(StepProgress(step=STEP, doing=doing, elapsed=tenths / 10, line="a line"))

    assert lines == ["  2. server: queued: behind build:41 of api", "  2. server: waiting for its process: status 500"]


def test_on_a_terminal_the_line_that_stays_says_why() -> None:
    """The one that told of the beginning is gone."""
    lines: list[str] = []
    report = TextReport(lines.append, live=Live(io.StringIO()))
    for event in EVENTS[3:7]:
        report(event)

    assert lines[-1] == "  2. server: synced in 4.2 s (rebuild: never synced)"


def test_who_goes_on_with_what_was_given_up() -> None:
    """Ctrl-C ends the sync; the engine's build is the engine's."""
    lines: list[str] = []
    report = TextReport(lines.append, quiet=True)
    report(Planned(Plan("stack", (GOOD,), (STEP,), engine="Tilt")))
    report(Interrupted((STEP,)))

    given_up = "the rebuild of server was given up (Tilt goes on with it)"
    assert lines == [f"interrupted: {given_up}; run the same command again"]


def test_quiet_lines() -> None:
    """Only what is out of the ordinary."""
    assert told(quiet=True) == [
        "waiting for pid 7",
        "warning: sources match nothing",
        "  2. server: TS2688: remedy: npm install",
        "interrupted: the rebuild of server was given up; run the same command again",
        "interrupted: run the same command again",
    ]


def test_the_block_of_a_failure() -> None:
    """Step, evidence with its place, the full log, what to run."""
    result = Result((GOOD, BAD), (StepFinished(step=STEP, verdict=BAD, seconds=1, log="logs/sync-error-1.log"),))

    assert TextReport(print).failure_lines(result) == [
        "Step 2 FAILED: server rebuild error",
        "    a.log:7: error: no",
        "  full log: logs/sync-error-1.log",
        "  next: syncguard logs server",
    ]


def test_the_block_shows_twenty_lines() -> None:
    """The lines that matter; the rest is in the log."""
    long = Verdict(SERVER, Status.FAILED, "failed", tuple(Evidence(f"line {n}") for n in range(100)))
    lines = TextReport(print).failure_lines(Result((long,)))

    assert [line for line in lines if line.startswith("    ")] == [f"    line {n}" for n in range(20)]


def test_a_reason_with_its_cure_needs_no_next_command() -> None:
    """``doctor`` would say no more than the reason did; where it says nothing to do, ``doctor`` looks further."""
    cured = Verdict(
        SERVER, Status.UNKNOWN, "no Tilt answers at localhost:1: start it with tilt up (exit code 1: Error: no)"
    )
    lost = Verdict(SERVER, Status.UNKNOWN, "the log stream ended")
    lines = [TextReport(print).failure_lines(Result((each,)))[1:] for each in (cured, lost)]

    found = "  server: unknown"
    assert lines == [[found], [found, "  next: syncguard doctor"]]


def test_our_own_word_stands_before_the_lines_of_the_log() -> None:
    """It splits no traceback, wherever it was found out; and it is not among the lines that are left out."""
    around = (*(Evidence(f"line {n}", "a.log", n) for n in range(30)), Evidence("syncguard: the port is taken"))
    lines = TextReport(print).failure_lines(Result((BAD._replace(evidence=around),)))

    assert lines[1:3] == ["    syncguard: the port is taken", "    a.log:0: line 0".replace(":0", "")]
    assert len([line for line in lines if line.startswith("    ")]) == 20


def test_the_error_stands_once_where_it_was_written() -> None:
    """With its place, among the lines around it; the first of two that read alike."""
    text = ["building", "error: no", "help: yes", "error: no"]
    around = (Evidence("error: no", "a.log", 7), *map(Evidence, text))
    lines = TextReport(print).failure_lines(Result((BAD._replace(evidence=around),)))

    assert lines[1:5] == ["    building", "    a.log:7: error: no", "    help: yes", "    error: no"]


def test_text_of_a_log_stays_one_line() -> None:
    """A log cannot write the line that scripts read."""
    bad = Verdict(SERVER, Status.FAILED, "a\nSUCCESS: no", (Evidence("b\nERROR: no"),))

    assert not [line for line in TextReport(print).failure_lines(Result((bad,))) if line.startswith(("SUC", "ERR"))]


def test_paths_are_told_from_where_the_user_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the working directory relative to it, elsewhere absolute."""
    below, elsewhere = tmp_path / "here" / "logs" / "a.log", tmp_path / "there.log"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    evidence = Evidence("error: no", str(elsewhere), 3)
    verdict = Verdict(SERVER, Status.FAILED, "why", (evidence,))
    event = StepFinished(step=Step(SERVER, "rebuild", "why", 1), verdict=verdict, seconds=1.0, log=str(below))

    lines = TextReport(print).failure_lines(Result((verdict,), (event,)))

    assert f"    {elsewhere}:3: error: no" in lines
    assert "  full log: logs/a.log" in lines


def test_live_lines_are_cut_and_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line never wraps, for then it could not be drawn over; clearing goes up by as many lines as were drawn."""
    monkeypatch.setenv("COLUMNS", "20")
    stream = io.StringIO()
    live = Live(stream)
    live.show("a", "x" * 100)
    assert stream.getvalue() == "x" * 19 + "\n"
    live.show("b", "not yet: drawn a moment ago")
    live.drop("a")
    assert stream.getvalue().endswith("\x1b[1F\x1b[Jnot yet: drawn a mo\n")
    live.clear()

    assert stream.getvalue().endswith("\x1b[1F\x1b[J")
