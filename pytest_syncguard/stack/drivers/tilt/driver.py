"""The driver for Tilt: triggers as ``tilt trigger`` does, never touches a service in any other way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from pytest_syncguard.settings.model import Settings, Stage, TiltSettings
from pytest_syncguard.stack.drivers.base import FRESH, Check, DriverUnavailable, Observation, StageFault
from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.tilt.ahead import take_over
from pytest_syncguard.stack.drivers.tilt.build import Before, TiltAttempt, broken_tiltfile, observation, unknown
from pytest_syncguard.stack.drivers.tilt.client import ANSWER_LIMIT, Tilt, TiltClient
from pytest_syncguard.stack.drivers.tilt.doctor import check_tilt
from pytest_syncguard.stack.drivers.tilt.explain import explain
from pytest_syncguard.stack.drivers.tilt.feed import Feed
from pytest_syncguard.stack.drivers.tilt.resource import TILTFILE, Resource, misfit, refusal
from pytest_syncguard.stack.drivers.tilt.session import (
    CLOCK_TOLERANCE,
    LOOPBACK,
    ForeignTilt,
    PortTaken,
    Session,
    TiltStarting,
    began,
)
from pytest_syncguard.stack.drivers.tilt.trigger import post_trigger
from pytest_syncguard.stack.drivers.tilt.up import start_tilt
from pytest_syncguard.stack.promise import Promise

AHEAD = 0.5  # seconds for which an answer counts that was asked for before somebody wanted it
START_LIMIT = 15.0  # seconds for which a sync waits for a Tilt that somebody has just started
TAKEN_LIMIT = 3.0  # seconds for which it waits where something listens, which may become a Tilt
START_PAUSE = 0.2  # seconds between two questions to it
NOT_UP = Observation("", up=False, reason="no Tilt runs; a sync starts one")


class TiltDriver:
    """Implements `Driver` on a `TiltClient`, by default the ``tilt`` command."""

    name = "tilt"
    engine = "Tilt"  # implements `Outlasts`

    def __init__(
        self, settings: Settings, client: TiltClient | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._stages = settings, settings.stack.stages
        self._clock = clock
        ahead = take_over(settings.stack.tilt) if client is None else None
        self._client: TiltClient = client or (ahead.client if ahead else Tilt(settings.stack.tilt))
        self._local = client is None and settings.stack.tilt.host in LOOPBACK
        self._same_clock = False
        self._asked: tuple[float, Session, dict[str, Resource]] | None = None
        self._ahead = ahead.answer if ahead else None
        self._pending: set[str] = set()  # stages that were opened and not triggered yet
        self._session = Session("")
        self._feed: Feed | None = None

    def open(self, stages: Sequence[Stage]) -> None:
        self._session, resources = self._state()
        self._same_clock = self._local and self._session.shares_our_clock()
        tiltfile = resources.get(TILTFILE)
        if tiltfile and tiltfile.update == "error":
            raise StageFault(TILTFILE, broken_tiltfile(tiltfile.latest.error if tiltfile.latest else ""))
        for stage in stages:
            _require(stage, resources, self._settings.stack.tilt)
            if intruder := self._intruder(stage, self._session, resources):
                raise StageFault(stage.name, intruder)
        self._pending = {stage.name for stage in stages}
        names = [stage.resource for stage in stages]
        self._feed = Feed(self._client, resources, names, background=self._local)

    def observe(self, stages: Sequence[Stage]) -> Mapping[str, Observation]:
        try:
            session, resources = self._ask()
        except DriverUnavailable as error:
            to_start = self._settings.stack.tilt.up and not isinstance(error, ForeignTilt | TiltStarting)
            found = NOT_UP if to_start else unknown(error)
            return {stage.name: found for stage in stages}
        tilt, tiltfile = self._settings.stack.tilt, resources.get(TILTFILE)
        seen = {
            stage.name: _refused(stage, resources, tilt)
            or observation(stage, session, resources.get(stage.resource), tiltfile)
            for stage in stages
        }
        for stage in stages:
            if seen[stage.name].up and (intruder := self._intruder(stage, session, resources)):
                seen[stage.name] = seen[stage.name]._replace(up=False, reason=intruder, fault=intruder)
        return seen

    def explain(self, recorded: str, seen: str) -> str:
        """Implements `Explains`."""
        return explain(recorded, seen)

    def warnings(self) -> Sequence[str]:
        """Implements `Warns`, by what was seen last."""
        resources = self._asked[2] if self._asked else {}
        here = [(stage, resources[stage.resource]) for stage in self._stages if stage.resource in resources]
        return [": ".join(said) for stage, resource in here if any(said := misfit(stage, resource))]

    def trigger(self, stage: Stage) -> TiltAttempt:
        if self._feed is None:
            raise DriverUnavailable("the driver was not opened")
        self._ahead = None
        self._pending.discard(stage.name)
        before = self._before(stage, self._feed)
        self._feed.books[stage.resource].expect()
        if not (self._same_clock and post_trigger(self._settings.stack.tilt, stage.resource, ANSWER_LIMIT)):
            self._client.trigger(stage.name, stage.resource)
        self._feed.listen()
        return TiltAttempt(self._client, self._session, self._feed, stage, before, self._clock, ending=self._ask_ahead)

    def _before(self, stage: Stage, feed: Feed) -> Before:
        """How the resource stands now. What the watcher told last may be a moment old: with a clock in common
        the start of a build tells whether it answers the trigger, else Tilt is asked once more.
        """
        feed.pump()
        resources = feed.resources if self._same_clock else self._client.resources()
        _require(stage, resources, self._settings.stack.tilt)
        resource = resources[stage.resource]
        at = time.time() if self._same_clock else 0.0
        return Before(resource.newest, resource.serving, resource.current is None, at)

    def down(self, stages: Sequence[Stage]) -> Sequence[str]:  # noqa: ARG002
        """Tilt is the user's unless `up` started it; then it is ended as Ctrl-C would end it."""
        from pytest_syncguard.stack.drivers.tilt.up import stop_tilt

        return stop_tilt(self._settings)

    def log(self, stage: Stage) -> bytes:
        return self._client.log(stage.resource)

    def doctor(self, stages: Sequence[Stage]) -> Sequence[Check]:
        return check_tilt(self._settings, self._client, stages)

    def close(self) -> None:
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def _intruder(self, stage: Stage, session: Session, resources: Mapping[str, Resource]) -> str:
        """Of the stage that the tests are sent to: who answers there instead of what this Tilt serves, if that are
        processes of this machine.
        """
        stack = self._settings.stack
        if not (stack.ui and self._local):
            return ""
        from pytest_syncguard.stack.drivers.intruder import host_of, intruder

        served = [resources[each.resource].serving for each in stack.stages if each.resource in resources]
        pids = [int(pid) for pid in served if pid.isdigit()]
        if not pids or stage != host_of(stack.stages, stack.ui) or not session.shares_our_clock():
            return ""

        def ours(pid: int, environment: Mapping[str, str]) -> bool:
            """What a build left in the background: Tilt says in its environment where it was started from."""
            return bool(environment.get("TILT_PORT")) and began(pid) >= session.started - CLOCK_TOLERANCE

        return intruder(stack.ui, map(Proc.of, (session.pid, *pids)), ours, self._settings.state.resolve())

    def _state(self) -> tuple[Session, dict[str, Resource]]:
        if self._asked and self._clock() - self._asked[0] < FRESH:
            return self._asked[1:]
        try:
            return self._ask_patiently()
        except (ForeignTilt, TiltStarting):
            raise
        except DriverUnavailable:
            if not self._settings.stack.tilt.up:
                raise
        own = start_tilt(self._settings)
        while True:
            try:
                answer = self._ask()
            except DriverUnavailable as error:
                own.check(error)
                time.sleep(START_PAUSE / 2)
            else:
                own.release()
                return answer

    def _ask_patiently(self) -> tuple[Session, dict[str, Resource]]:
        """As `_ask`, but a Tilt that is starting gets its time."""
        began = time.monotonic()
        while True:
            try:
                return self._ask()
            except (PortTaken, TiltStarting) as error:
                if time.monotonic() - began > (TAKEN_LIMIT if isinstance(error, PortTaken) else START_LIMIT):
                    raise
            time.sleep(START_PAUSE)

    def _ask_ahead(self) -> None:
        """A stage is about to be done. After the last one `observe` is next, and what it will ask is asked now: the
        builds of all stages have passed by then. Of two answers the newer one counts.
        """
        if self._local and not self._pending:
            self._ahead = Promise(self._client.state)

    def _ask(self) -> tuple[Session, dict[str, Resource]]:
        ahead, self._ahead = self._ahead, None
        fresh = ahead is not None and time.monotonic() - ahead.since < AHEAD
        found, known = ahead.result() if ahead is not None and fresh else self._client.state()
        if self._local:
            found.require_ours(self._settings.root, self._settings.stack.tilt.address)
        self._asked = (self._clock(), found, known)
        return self._asked[1:]


def _refused(stage: Stage, resources: Mapping[str, Resource], tilt: TiltSettings) -> Observation | None:
    """What is known of a stage that Tilt would not build; None when it would."""
    found, cure = refusal(stage, resources, tilt)
    return Observation("", up=False, reason=found, fault=f"{found}: {cure}") if found else None


def _require(stage: Stage, resources: Mapping[str, Resource], tilt: TiltSettings) -> None:
    found, cure = refusal(stage, resources, tilt)
    if found:
        raise StageFault(stage.name, f"{found}: {cure}")
