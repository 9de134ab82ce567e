"""A sync as lines of text: one line a stage while all is well, one block when it is not."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from pytest_syncguard.report.cure import next_command
from pytest_syncguard.report.escape import plain
from pytest_syncguard.verdict import (
    OURS,
    Event,
    Evidence,
    Interrupted,
    Planned,
    RemedyApplied,
    Result,
    Step,
    StepFinished,
    StepProgress,
    StepStarted,
    Verdict,
    Waiting,
    Warned,
    shown_path,
)

WAITING = ("queued", "waiting for")  # how what a step does begins, where it is somebody else's turn
SHOWN = 20  # lines of evidence in the block
LONG = 3.0  # seconds after which it is told, where there are no live lines, what a step waits for
REDRAW = 0.1  # seconds between two drawings of the live lines


class Terminal(Protocol):
    """What `Live` draws on: a stream, or pytest's terminal writer."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> None: ...


class Live:
    """Lines at the end of a terminal that are drawn over: one for each step under way."""

    def __init__(self, stream: Terminal) -> None:
        self._stream = stream
        self._drawn = 0
        self._at = 0.0
        self._lines: dict[str, str] = {}

    def show(self, key: str, line: str) -> None:
        """Set one step's line; drawn at most ten times a second."""
        self._lines[key] = line
        if time.monotonic() - self._at >= REDRAW:
            self._draw()

    def drop(self, key: str) -> None:
        """The step is over: its line goes."""
        self._lines.pop(key, None)
        self._draw()

    def clear(self) -> None:
        """Take the lines off, so that something permanent can be written."""
        if self._drawn:
            self._stream.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0
            self._stream.flush()

    def _draw(self) -> None:
        self._at = time.monotonic()
        self.clear()
        width = shutil.get_terminal_size().columns - 1
        for line in self._lines.values():
            self._stream.write(line[:width] + "\n")
        self._drawn = len(self._lines)
        self._stream.flush()


class TextReport:
    """A listener that writes permanent lines through ``write_line`` and, on a terminal, live ones."""

    def __init__(self, write_line: Callable[[str], None], *, live: Live | None = None, quiet: bool = False) -> None:
        self._write_line = write_line
        self._live = live
        self._quiet = quiet
        self._waiting: dict[tuple[str, str], float] = {}  # what a step waits for, and at which of its seconds it began
        self._engine = ""  # who goes on with what is given up

    def __call__(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._engine = event.plan.engine
        match event:
            case Planned(plan=plan) if plan.steps and not self._quiet:
                self._line(f"{plan.guard}: {len(plan.steps)} of {len(plan.verdicts)} to bring in sync")
            case Waiting(reason=reason):
                self._line(plain(reason))
            case Warned(message=message):
                self._line(plain(f"warning: {message}"))
            case Interrupted(steps=steps):
                self._line(f"interrupted: {_given_up(steps, self._engine)}run the same command again")
            case StepStarted(step=step) if self._live is None and not self._quiet:
                self._line(f"  {step.number}. {step.target.name}: {step.action} ({plain(step.reason)})")
            case StepProgress():
                self._progressed(event)
            case RemedyApplied(step=step, error=error, command=command):
                self._line(f"  {step.number}. {step.target.name}: {plain(error)}: remedy: {' '.join(command)}")
            case StepFinished():
                self._finished(event)
            case _:
                pass

    def failure_lines(self, result: Result) -> list[str]:
        """The block for a result that is not synced: what was required, what was found, where, what next."""
        lines: list[str] = []
        failed = [event for event in result.finished if not event.verdict.synced]
        for event in failed:
            lines += _block(event.verdict, event.log)
        if not failed:
            for verdict in result.unsynced:
                lines += _block(verdict, "")
        return [plain(line) for line in lines]

    def _progressed(self, event: StepProgress) -> None:
        step, doing = event.step, event.doing
        if self._live is not None:
            self._live.show(str(step.target), _progress(event))
        elif doing.startswith(WAITING) and not self._quiet:
            began = self._waiting.setdefault((str(step.target), doing), event.elapsed)
            if event.elapsed - began > LONG:
                self._waiting[str(step.target), doing] = float("inf")  # told once
                self._line(plain(f"  {step.number}. {step.target.name}: {doing}"))

    def _finished(self, event: StepFinished) -> None:
        if self._live is not None:
            self._live.drop(str(event.step.target))
        step, status = event.step, event.verdict.status
        why = f" ({step.action}: {plain(step.reason)})" if self._live is not None else ""  # else it was told before
        if not self._quiet or not event.verdict.synced:
            self._line(f"  {step.number}. {step.target.name}: {status} in {event.seconds:.1f} s{why}")

    def _line(self, line: str) -> None:
        if self._live is not None:
            self._live.clear()
        self._write_line(line)


def closing_lines(result: Result) -> list[str]:
    """How the account of a sync ends: the line that scripts read, and before it what that line does not speak of."""
    if not result.not_asked:
        return [result.summary]
    asked, left = (", ".join(target.short for target in targets) for targets in (result.asked, result.not_asked))
    return [plain(f"asked for: {asked}; not looked at: {left}"), result.summary]


def _given_up(steps: Sequence[Step], engine: str) -> str:
    if not steps:
        return ""
    goes_on = f" ({engine} goes on with it)" if engine else ""
    return f"the rebuild of {', '.join(step.target.short for step in steps)} was given up{goes_on}; "


def _progress(event: StepProgress) -> str:
    step = event.step
    return plain(f"  {step.number}. {step.target.name}: {event.doing} [{event.elapsed:.0f} s] {event.line}")


def _in_place(evidence: Sequence[Evidence], log: str) -> Sequence[Evidence]:
    """What is shown of it: our own word first, then the line with the error once, among those around it where they
    are known; of a log without one the last lines.
    """
    told = [each for each in evidence if _is_ours(each)]
    shown = [each for each in evidence if not _is_ours(each)]
    room = SHOWN - len(told)
    shown = shown[-room:] if log and not any(each.path for each in shown) else shown[:room]
    if shown and (bare := Evidence(shown[0].text)) in shown[1:]:
        first = shown.pop(0)
        shown[shown.index(bare)] = first
    return [*told, *shown]


def _is_ours(evidence: Evidence) -> bool:
    return not evidence.path and evidence.text.startswith(OURS)


def _block(verdict: Verdict, log: str) -> list[str]:
    target = verdict.target
    lines = [verdict.reason]
    if (target.name or target.kind) not in verdict.reason:
        lines.append(f"  {target.short}: {verdict.status}")
    shown = _in_place(verdict.evidence, log)
    lines += [f"    {each._replace(path=shown_path(each.path)) if each.path else each}" for each in shown]
    if log:
        lines.append(f"  full log: {shown_path(log)}")
    if following := next_command(verdict, log):
        lines.append(f"  next: {following}")
    return lines
