"""What a failed step says: the words that scripts look for, and what was waited for in vain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.report.text import TextReport
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Look, Observation, Phase, Runtime
from pytest_syncguard.stack.follow import Follower
from pytest_syncguard.stack.outcome import Kind, Outcome
from pytest_syncguard.stack.work import Work, failure
from pytest_syncguard.verdict import Result, Step, StepFinished, Target, Verdict

SIGN = "bundle is done"


class Stuck:
    """An attempt that looks the same for ever."""

    def __init__(self, phase: Phase, runtime: Runtime, reason: str) -> None:
        self.state = phase, runtime, "1", reason
        self.new = b"bundling\n"

    def look(self) -> Look:
        new, self.new = self.new, b""
        return Look(new, *self.state)

    def tail(self, lines: int) -> bytes:
        return b""

    def observe(self) -> Observation:
        return Observation("1", up=True)

    def close(self) -> None: ...


def failed(
    log: Path, phase: Phase, runtime: Runtime, reason: str = "", *, one_shot: bool = False, **more: Any
) -> Verdict:
    """Of a stage with a limit of ten seconds that was followed for longer than that."""
    stage = Stage("bundle", "bundle", success=(SIGN,), timeout=10.0, one_shot=one_shot, **more)
    now = 0.0
    follower = Follower(stage, Stuck(phase, runtime, reason), log, clock=lambda: now)
    work = Work(Step(Target("stack", "bundle"), "rebuild", "", 1), stage, log, 0.0)
    while (outcome := follower.step()) is None:
        now += 1.5
    follower.close()
    return failure(work, outcome).verdict


@pytest.mark.parametrize(
    ("phase", "runtime", "reason", "awaited"),
    [
        (Phase.QUEUED, Runtime.UNKNOWN, "behind a build of api", "the build: queued: behind a build of api"),
        (Phase.BUILDING, Runtime.UNKNOWN, "", "the build: building"),
        (Phase.PASSED, Runtime.STARTING, "no answer", "its process: no answer"),
        (Phase.PASSED, Runtime.UP, "", "a line that matches 'bundle is done'; try: syncguard judge --stage bundle"),
    ],
)
def test_a_timeout_says_what_was_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: Phase, runtime: Runtime, reason: str, awaited: str
) -> None:
    """With the limit and its key, in words that cannot be taken for the log's."""
    monkeypatch.chdir(tmp_path)
    verdict = failed(tmp_path / "bundle.log", phase, runtime, reason)

    assert verdict.reason == "Step 1 FAILED: bundle timeout - build did not complete"
    assert [line.text for line in verdict.evidence] == [
        f"syncguard: waited 10 s (timeout of the stage) for {awaited}" + " bundle.log" * ("judge" in awaited),
        "bundling",
    ]


READY = "http://127.0.0.1:8000/"


@pytest.mark.parametrize(
    ("runtime", "more", "said"),
    [
        (Runtime.UP, {"serve": ("serve",)}, "its sign of success did not come"),
        (Runtime.STARTING, {"serve": ("serve",), "ready": READY}, f"{READY} did not come up: no answer"),
        (Runtime.STARTING, {"serve": ("serve",)}, "its process did not come up: no answer"),
        (Runtime.STARTING, {"serve": ("serve",), "build": ("make",)}, "build did not complete: no answer"),
    ],
)
def test_a_stage_without_a_build_says_what_it_did_not_reach(
    tmp_path: Path, runtime: Runtime, more: dict[str, Any], said: str
) -> None:
    """No build was there to complete; why its process does not count as up is said of any stage that is served."""
    verdict = failed(tmp_path / "bundle.log", Phase.PASSED, runtime, "no answer", **more)

    assert verdict.reason == f"Step 1 FAILED: bundle timeout - {said}"


def test_what_a_ready_that_does_not_count_answers_is_said(tmp_path: Path) -> None:
    """Where it was asked stands once."""
    why = f"{READY} answers with status 500"
    verdict = failed(tmp_path / "bundle.log", Phase.PASSED, Runtime.STARTING, why, serve=("serve",), ready=READY)

    assert verdict.reason == f"Step 1 FAILED: bundle timeout - {READY} did not come up: answers with status 500"


def test_a_build_in_doubt_says_which_sign_is_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the command that tries it on the log that is there."""
    monkeypatch.chdir(tmp_path)
    verdict = failed(tmp_path / "bundle.log", Phase.PASSED, Runtime.NONE, one_shot=True)

    assert verdict.evidence[0].text == (
        "syncguard: required: a line that matches 'bundle is done'; try: syncguard judge --stage bundle bundle.log"
    )


@pytest.mark.parametrize(
    ("kind", "reason", "told"),
    [
        (Kind.ERROR, "its build ended with exit code 3", ["    its build ended with exit code 3"]),
        (Kind.TIMEOUT, "building", ["    syncguard: waited 300 s (timeout of the stage) for the build: building"]),
        (Kind.DOUBT, "the engine forgot it", []),
    ],
)
def test_the_last_line_of_a_log_is_shown(tmp_path: Path, kind: Kind, reason: str, told: list[str]) -> None:
    """Where no error was found: it is what a program says when it gives up. Twenty lines in all."""
    stage, log = Stage("bundle", "bundle"), tmp_path / ".syncguard" / "logs" / "bundle.log"
    work = Work(Step(Target("stack", "bundle"), "rebuild", "", 1), stage, log, 0.0)
    lines = tuple(f"step {n}" for n in range(1, 101))
    verdict = failure(work, Outcome(kind, reason, (), lines)).verdict
    block = TextReport(print).failure_lines(Result((verdict,), (StepFinished(work.step, verdict, 1.0, str(log)),)))

    assert block[1:21] == [*told, *(f"    {line}" for line in lines[len(told) - 20 :])]
    assert block[21].startswith("  full log: ")
