"""Follows one build until it is synced or has failed, and goes on watching it after that."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.again import NEVER, Again, Rereading, read_again
from pytest_syncguard.stack.drivers.base import (
    TAIL_LEAD,
    Attempt,
    DriverUnavailable,
    Foresighted,
    Look,
    Observation,
    Phase,
    Rejoins,
    Runtime,
)
from pytest_syncguard.stack.kept import KeptLog
from pytest_syncguard.stack.outcome import TAIL, Kind, Outcome
from pytest_syncguard.stack.watch import Finding, Judge, Patterns

UNCERTAIN = "Uncertain if step completed - stopping for safety"
ERROR_GRACE = 1.0  # seconds in which the rest of an error's text may still come
END_GRACE = 0.3  # the same, once the build or its process has ended
FLOW_GRACE = 10.0  # the same, while more of it keeps coming
LOG_LAG = 0.25  # seconds by which a log may lag behind the state of its build; seen are 0.2
SIGN_GRACE = 2.0  # seconds in which a log's last lines may still come after the build has passed
LINE_GRACE = 3.0  # seconds in which the rest of an error's own line may still come, where lines come in pieces


class Follower:
    """A state machine around one `Attempt`: errors first, then success, then ``settle``; doubt is failure.

    ``step`` is called again and again. `outcome` is None while the build is under way; a newer build that
    takes over, also after success, makes it None again. ``settled`` is called when all has held for long
    enough, just before the last lines are read once more.
    """

    def __init__(
        self,
        stage: Stage,
        attempt: Attempt,
        log: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self.stage = stage
        self.attempt = attempt
        self.log = log
        self.doing = "triggered"
        self.outcome: Outcome | None = None
        self._clock = clock
        self._settled = settled
        self._hold = max(stage.settle, LOG_LAG)  # an error line later than its sign of success must have come
        self._patterns = Patterns.of(stage)
        self._pieces = attempt if isinstance(attempt, Rejoins) else None
        self._kept = KeptLog(log)
        self._build = ""
        self._begin_build()

    @property
    def build(self) -> str:
        """Which build is followed; changes when a newer one takes over."""
        return self._build

    @property
    def unkept(self) -> str:
        """Why the log file lacks lines; empty if it has all."""
        return self._kept.refused

    @property
    def line(self) -> str:
        """The last line of the log, for a live display."""
        return self._judge.last_line

    def step(self) -> Outcome | None:
        """Look once, judge once."""
        if self.outcome is not None and self.outcome.kind is not Kind.SYNCED:
            return self.outcome
        look = self.attempt.look()
        now = self._clock()
        if look.build and look.build != self._build:
            if self._build:
                self._begin_build(again=self.outcome is not None)
            self._build = look.build
        self._kept.keep(look.output)
        if look.output:
            self._rereading.spoke_at = now
        found = self._judge.feed(look.output)
        counting = [each for each in found if look.signs or each.kind == "error"]
        if len(counting) < len(found):
            self._unsigned = True
        self._take(counting)
        self.outcome = self._verdict(look, now)
        return self.outcome

    def observe(self) -> Observation:
        """The identity of what now runs."""
        return self.attempt.observe()

    def close(self) -> None:
        """Stop watching."""
        self.attempt.close()
        self._kept.close()

    def _begin_build(self, *, again: bool = True) -> None:
        """What an older build said no longer counts; after a success the time limit begins anew, too."""
        self._judge = Judge(self._patterns)
        self._errors: list[Finding] = []
        self._again: Again | None = None  # what was read once more; it may have errors that the log never brought
        self._failing_since: float | None = None
        self._succeeded = False
        self._unsigned = False  # a sign came where none counts
        self._succeeded_at = float("-inf")
        self._prepared = False
        self._rereading: Rereading = Rereading(self._pieces)
        self._up_since: float | None = None
        self._held_since: float | None = None
        self._passed_since: float | None = None
        self._verified = False
        if again:
            self._deadline = self._clock() + self.stage.timeout

    def _take(self, findings: list[Finding]) -> None:
        for finding in findings:
            if finding.kind == "error":
                self._errors.append(finding)
            elif not self._succeeded:
                self._succeeded, self._succeeded_at = True, self._clock()

    def _verdict(self, look: Look, now: float) -> Outcome | None:
        if look.phase is Phase.LOST:
            return self._end(Kind.LOST, look.reason)
        if self.unkept:  # nobody could look at what happened
            return self._end(Kind.LOST, f"its log cannot be written: {self.unkept}")
        if look.phase is not Phase.QUEUED and self._failing(look):
            return self._failed(look, now)
        up = self._is_up(look)
        if up and self._has_sign():
            return self._settle(look, now)
        self._held_since, self._prepared = None, False
        self._up_since = (now if self._up_since is None else self._up_since) if up else None
        if self._up_since is not None:
            self._look_back(now, self._up_since)
        self.doing = self._waited_for(look)
        if now > self._deadline:
            return self._end(Kind.TIMEOUT, self.doing)
        return self._doubt(look, now)

    def _failing(self, look: Look) -> bool:
        late = self._again is not None and bool(self._again.errors)
        return bool(self._errors) or late or _ended(look)

    def _failed(self, look: Look, now: float) -> Outcome | None:
        """Errors stop the stage; the rest of what they say may take a moment to arrive."""
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since < self._grace(look):
            self.doing = "an error was seen"
            return None
        self._take(self._judge.peek())
        if self._pieces is not None or not self._errors:
            self._confirm()
        if self._pieces is not None and not self._errors and not _ended(look):  # innocent words, once they were whole
            self._failing_since = self._held_since = self._again = None
            return None
        return self._end(Kind.ERROR, self._errors[0].text if self._errors else look.reason)

    def _grace(self, look: Look) -> float:
        """For how long the rest of an error is waited for."""
        ended = _ended(look)
        if look.behind or (ended and look.output):
            return FLOW_GRACE
        in_last_line = self._pieces is not None and self._errors[:1] and self._errors[0].line >= self._judge.lines
        return END_GRACE if ended else LINE_GRACE if in_last_line else ERROR_GRACE

    def _confirm(self) -> None:
        """The errors as the engine has them when it is asked; what the log never brought is kept with it."""
        late = [replace(error, line=0) for error in (self._again.errors if self._again else ())]
        try:
            if self._pieces is not None:
                self._pieces.prepare_reread()
            again = self._read_again()
        except DriverUnavailable:
            if self._errors:
                return
            raise
        brought = {error.text for error in self._errors}
        self._errors = again.confirmed([*self._errors, *late])
        if any(error.text not in brought for error in self._errors):
            self._kept.keep(again.excerpt())

    def _is_up(self, look: Look) -> bool:
        """All that success asks for, now, but for its sign: the build passed, and what it serves is up."""
        if look.phase is not Phase.PASSED or look.behind:
            return False
        return self.stage.one_shot or look.runtime in (Runtime.UP, Runtime.NONE)

    def _has_sign(self) -> bool:
        """Whether its sign of success was seen, should it have one."""
        if not self._succeeded and self.stage.success:
            self._take([finding for finding in self._judge.peek() if finding.kind == "success"])
        return self._succeeded or not self.stage.success

    def _settle(self, look: Look, now: float) -> Outcome | None:
        """Success counts once it has stood for a while, and the last lines, read once more, agree."""
        if self._held_since is None:
            self._held_since = self._stood_since(look, now)
        left = self._held_since + self._hold - now
        if left <= TAIL_LEAD and not self._verified and not self._prepared:
            self._prepared = True
            if isinstance(self.attempt, Foresighted):
                self.attempt.prepare_tail(TAIL)
        if left > 0:
            self.doing = "settling"
            return None
        if not self._verified:
            self._settled()  # not before: what is edited until then has to be seen
            self._again = self._read_again(now - TAIL_LEAD)
            if self._again.errors:
                self._failing_since = now
                return None
            if not self._has_sign():  # its words were a piece of others
                self._held_since, self._prepared = None, False
                return None
            self._verified = True
        self._look_back(now, NEVER)
        self.doing = "synced"
        return Outcome(Kind.SYNCED)

    def _stood_since(self, look: Look, now: float) -> float:
        """Since when all that success asks for stands. What the engine tells late counts from when it was so, but
        lines that lag behind it are always given time to come.
        """
        latest = now - (self._hold - LOG_LAG)
        return min(now, max(now - look.held, self._succeeded_at, latest))

    def _read_again(self, asked_at: float | None = None) -> Again:
        """Judge the log as the engine has it, whatever was read before. What it said when it was asked, at that time,
        may hold the sign of success of which the log has brought two pieces, or no sign where a piece looked like one.
        """
        again = read_again(self.attempt, self._patterns, TAIL)
        self._rereading.read_at = self._clock() if asked_at is None else asked_at
        if self._pieces is not None and again.succeeded and not self._succeeded:
            self._succeeded, self._succeeded_at = True, self._rereading.read_at
        elif again.whole:
            self._succeeded = again.succeeded
        return again

    def _look_back(self, now: float, since: float) -> None:
        """Read once more what has come in pieces since then, whenever it is time to."""
        asked_at = self._rereading.due(now, since)
        if asked_at is not None:
            self._again = self._read_again(asked_at)

    def _doubt(self, look: Look, now: float) -> Outcome | None:
        """The build passed, nothing is up that could still write, and no sign of success was seen."""
        done = look.phase is Phase.PASSED and not look.behind and (self.stage.one_shot or look.runtime is Runtime.NONE)
        if not done or self._succeeded:
            self._passed_since = None
            return None
        if self._passed_since is None:
            self._passed_since = now
        over = now - self._passed_since > max(SIGN_GRACE, self.stage.settle)
        return self._end(Kind.DOUBT, UNCERTAIN) if over else None

    def _waited_for(self, look: Look) -> str:
        if look.phase is not Phase.PASSED:
            return f"{look.phase}: {look.reason}" if look.reason else str(look.phase)
        if look.runtime not in (Runtime.UP, Runtime.NONE):
            return f"waiting for its process: {look.reason or look.runtime}"
        early = " in its own log: the one that its trigger printed does not count" if self._unsigned else ""
        return f"waiting for its sign of success{early}"

    def _end(self, kind: Kind, reason: str) -> Outcome:
        return Outcome(kind, reason, tuple(self._errors), tuple(self._judge.tail(TAIL)))


def _ended(look: Look) -> bool:
    """Whether the build, or the process that it brought up, ended badly."""
    return look.phase is Phase.FAILED or look.runtime is Runtime.DOWN
