"""One trigger of a Tilt resource, and the build that answers it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import DriverUnavailable, Look, Observation, Phase, Reread, Runtime
from pytest_syncguard.stack.drivers.identity import age_of, start_of
from pytest_syncguard.stack.drivers.said import died
from pytest_syncguard.stack.drivers.tilt.book import newest_build
from pytest_syncguard.stack.drivers.tilt.client import Entry, TiltClient
from pytest_syncguard.stack.drivers.tilt.compose import Service
from pytest_syncguard.stack.drivers.tilt.doctor import in_short
from pytest_syncguard.stack.drivers.tilt.feed import Feed
from pytest_syncguard.stack.drivers.tilt.resource import TILTFILE, Build, Resource, behind
from pytest_syncguard.stack.drivers.tilt.session import Session
from pytest_syncguard.stack.promise import Promise

LOST = "Tilt ended while the build was watched"
# After so many seconds without news of a resource Tilt is asked for it: its watchers are told late, or never,
# of about one change in thirty. The longer a build takes, the less a moment matters, and each question costs
# the machine that builds some 70 ms.
SILENCE_MIN, SILENCE_MAX, SILENCE_SHARE = 0.3, 2.0, 0.05
REREAD_MORE = 200  # lines that a log read afresh may have grown by
MARK_LIMIT = 2.0  # seconds that the log may lag behind the states; seen are 0.2


@dataclass(frozen=True, slots=True)
class Before:
    """How a resource stood just before the trigger: nothing of that counts."""

    newest: int  # the highest build number, a running build included
    serving: str  # who served then
    idle: bool = True  # no build ran
    at: float = 0.0  # when, by Tilt's clock; 0 where it is not known to be ours


class TiltAttempt:
    """Follows the newest build since a trigger. A build that ran already is never taken for an answer: its
    sources may be older than the trigger, and Tilt queues another one behind it. ``ending`` is called when the
    stage is about to be done.
    """

    def __init__(
        self,
        client: TiltClient,
        session: Session,
        feed: Feed,
        stage: Stage,
        before: Before,
        clock: Callable[[], float] = time.monotonic,
        *,
        ending: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._ending = ending
        self._session = session
        self._feed = feed
        self._stage = stage
        self._before = before
        self._clock = clock
        self._book = feed.books[stage.resource]
        self._unmarked_since: float | None = None
        self._began = clock()
        self._alive = ""  # the pid of the process that serves, once it was seen on this machine
        self._slow = False  # its new process was seen before it was up
        self._prepared: Promise[list[Entry]] | None = None
        self._heard = (self._began, -1)

    def look(self) -> Look:
        self._feed.pump()
        self._break_silence()
        self._find_mark()
        section = self._book.section
        phase, reason = self._phase()
        runtime, why = self._runtime() if phase is Phase.PASSED else (Runtime.UNKNOWN, "")
        if phase is Phase.PASSED:
            self._book.finish()
        fresh = section.number > self._before.newest
        return Look(
            output=section.take() if fresh else b"",
            phase=phase,
            runtime=runtime,
            build=f"build:{section.number}" if fresh else "",
            reason=reason or why,
            behind=self._feed.behind,
            held=self._held() if phase is Phase.PASSED else 0.0,
        )

    def prepare_tail(self, lines: int) -> None:  # noqa: ARG002 - all of them
        self.prepare_reread()
        self._ending()

    def tail(self, lines: int) -> bytes:  # noqa: ARG002 - all of them
        return self.reread().text

    def prepare_reread(self) -> None:
        self._prepared = Promise(self._ask_again)

    def reread(self) -> Reread:
        """Implements `Rejoins`: what Tilt prints as it comes it cannot take back, so the end of a line that was not
        complete follows as a line of its own, without a sign. Only the log as a whole has it joined.
        """
        prepared, self._prepared = self._prepared, None
        entries = prepared.result() if prepared else self._ask_again()
        return newest_build(entries, self._book.section)

    def _ask_again(self) -> list[Entry]:
        """The log since the build's mark, and some lines more: it may have grown meanwhile."""
        return self._client.tail(self._stage.resource, 2 * self._book.section.count + REREAD_MORE)

    def observe(self) -> Observation:
        resource = self._resource()
        if resource.compose:  # of containers the watcher tells nothing
            asked = self._client.resources().get(resource.name)
            resource = replace(resource, compose=(asked.compose if asked else None) or Service())
        elif resource.local and resource.runtime == "pending":  # nor of a process that Tilt lost sight of
            resource = self._client.resources().get(resource.name, resource)
        return observation(self._stage, self._session, resource, self._feed.resources.get(TILTFILE))

    def close(self) -> None:
        """Nothing to let go of: the feed belongs to the driver."""

    def _break_silence(self) -> None:
        """No news for long may be news that was missed."""
        now, version = self._clock(), self._resource().version
        if version != self._heard[1]:
            self._heard = (now, version)
            return
        limit = min(SILENCE_MAX, max(SILENCE_MIN, SILENCE_SHARE * (now - self._began)))
        if self._phase()[0] is Phase.PASSED and self._runtime()[0] in (Runtime.UP, Runtime.NONE):
            limit = SILENCE_MAX  # nothing is waited for
        if now - max(self._heard[0], self._feed.asked_at) > limit and not self._feed.ended:
            self._feed.refresh(now)

    def _find_mark(self) -> None:
        """A build that the states know and the log does not: its opening mark is late, or was cut away."""
        resource = self._resource()
        newest = resource.newest
        if newest <= max(self._before.newest, self._book.section.number):
            self._unmarked_since = None
            return
        now = self._clock()
        if self._unmarked_since is None:
            self._unmarked_since = now
        if now - self._unmarked_since > MARK_LIMIT and self._before.idle and not self._feed.behind:
            self._book.adopt(newest)

    def _resource(self) -> Resource:
        return self._feed.resources.get(self._stage.resource, Resource(self._stage.resource))

    def _phase(self) -> tuple[Phase, str]:
        if self._feed.ended:
            return Phase.LOST, LOST
        resource, latest = self._resource(), self._answer()
        if not resource.enabled:
            return Phase.FAILED, f'resource "{resource.name}" was disabled: enable it in Tilt'
        if not resource.resting:  # with another build in the queue, what this one says is void
            building = resource.current is not None and not resource.queued
            return (Phase.BUILDING, "") if building else (Phase.QUEUED, behind(resource, self._feed.resources))
        # The log says which build is the newest; until the states agree with it, they are old.
        if latest is None or latest.number < self._book.section.number:
            return Phase.QUEUED, resource.waiting
        if latest.number > self._book.section.number:
            return Phase.BUILDING, "waiting for the log of the build"
        return (Phase.FAILED, latest.error) if latest.error else (Phase.PASSED, "")

    def _answer(self) -> Build | None:
        latest = self._resource().latest
        if latest is None or latest.number <= self._before.newest or latest.started < self._before.at:
            return None
        return latest

    def _runtime(self) -> tuple[Runtime, str]:
        resource = self._resource()
        if resource.runtime == "not_applicable":
            return Runtime.NONE, ""
        if resource.serving and self._old_serves(resource):
            return Runtime.STARTING, "the old process still serves"
        match resource.runtime:
            case "ok" if self._has_gone(resource):
                return Runtime.STARTING, "its process has ended"
            case "ok":
                return Runtime.UP, ""
            case "error":
                return Runtime.DOWN, "the served process ended with an error"
            case _:
                self._slow |= resource.serving not in ("", self._before.serving)
                return Runtime.STARTING, f"runtime status {resource.runtime}"

    def _has_gone(self, resource: Resource) -> bool:
        """Whether the process was seen here and is no more, whatever Tilt still says of it."""
        there = bool(self._before.at) and resource.serving.isdigit() and bool(start_of(int(resource.serving)))
        if there:
            self._alive = resource.serving
        return not there and self._alive == resource.serving != ""

    def _held(self) -> float:
        """For how long the build has passed and its process been up, by the clocks of Tilt and of the system: Tilt
        publishes its states up to a second late. Of a process that took its time since when it is up nobody knows.
        """
        resource, latest = self._resource(), self._answer()
        if not self._before.at or self._slow or latest is None or not latest.finished:
            return 0.0
        since_end = max(0.0, time.time() - latest.finished)
        if resource.runtime == "not_applicable":
            return since_end
        return min(since_end, age_of(int(resource.serving))) if resource.serving.isdigit() else 0.0

    def _old_serves(self, resource: Resource) -> bool:
        """Until another pid serves, and the log has shown the new process's start where Tilt runs it itself."""
        section = self._book.section
        if resource.span and not section.adopted:
            return resource.span not in section.serving
        started = bool(section.serving) or section.adopted or not resource.serving.isdigit()
        return resource.serving == self._before.serving or not started


def observation(
    stage: Stage, session: Session, resource: Resource | None, tiltfile: Resource | None = None
) -> Observation:
    """The identity of what runs: this Tilt session, the Tiltfile as it was loaded last (it says how things are
    built), the newest build, and who serves.
    """
    if resource is None:
        return Observation("", up=False, reason=f'Tilt has no resource "{stage.resource}"')
    latest = resource.latest
    if latest is None:
        return Observation("", up=False, reason="Tilt has not built it yet")
    loaded = tiltfile.latest if tiltfile else None
    if loaded and loaded.error:
        return Observation("", up=False, reason=broken_tiltfile(loaded.error))
    identity = f"{session.uid}/{loaded.start if loaded else ''}/{latest.span}/{latest.start}/{resource.runs}"
    if latest.error:
        return Observation(identity, up=False, reason=f"Tilt's newest build failed: {latest.error}")
    if not resource.resting:
        return Observation(identity, up=False, reason="Tilt is building it again")
    if resource.runtime not in ("ok", "not_applicable") and not (stage.one_shot and resource.runtime != "error"):
        why = f"its runtime status is {resource.runtime}"
        return Observation(identity, up=False, reason=died(why, stage.name) if resource.runtime == "error" else why)
    if resource.compose and not resource.runs:
        return Observation(identity, up=False, reason="Tilt does not tell which container runs")
    return Observation(identity, up=True)


def broken_tiltfile(error: str) -> str:
    """What is told of a stage while Tilt cannot load its Tiltfile, whose ``error`` this is."""
    return f"the Tiltfile is broken, so Tilt runs an older one: {in_short(error)}"


def unknown(error: DriverUnavailable) -> Observation:
    """Tilt could not be asked: an outage is not drift."""
    return Observation("", up=False, reason=str(error), unknown=True)
