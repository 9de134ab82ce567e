"""A `TiltClient` on the scripted engine within this process: no child, no port, virtual time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pytest_syncguard.stack.drivers.base import DriverUnavailable, StageFault
from pytest_syncguard.stack.drivers.tilt.client import Entry, _entry
from pytest_syncguard.stack.drivers.tilt.command import with_commands
from pytest_syncguard.stack.drivers.tilt.resource import Resource, parse
from pytest_syncguard.stack.drivers.tilt.session import Session, parse_session
from pytest_syncguard.testing.tilt import ScriptedEngine, TriggerRefused
from pytest_syncguard.testing.tilt.logstore import LogClient

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lags:
    """How late things arrive, in seconds: lines and states at their reader; how long one call of tilt takes."""

    lines: float = 0.0
    states: float = 0.0
    call: float = 0.0


class EngineClient:
    """What ``tilt`` would say. ``sleep`` lets the time of a call pass."""

    def __init__(self, engine: ScriptedEngine, sleep: Callable[[float], None], lags: Lags) -> None:
        self._engine = engine
        self._sleep = sleep
        self._lags = lags

    def state(self) -> tuple[Session, dict[str, Resource]]:
        self._reach()
        return parse_session(self._engine.session()), self.resources()

    def resources(self) -> dict[str, Resource]:
        self._reach()
        found = {resource.name: resource for resource in map(parse, self._engine.documents())}
        return with_commands(found, self._engine.commands)

    def trigger(self, stage: str, resource: str) -> None:
        self._sleep(self._lags.call / 2)
        self._reach()
        try:
            self._engine.trigger(resource)
        except TriggerRefused as refusal:
            raise StageFault(stage, f"tilt trigger {resource}: {refusal}") from None
        self._sleep(self._lags.call / 2)

    def follow(self, resources: Sequence[str]) -> LineStream:
        return LineStream(self._engine, resources, self._lags.lines)

    def watch(self) -> StateStream:
        return StateStream(self._engine, self._lags.states)

    def tail(self, resource: str, lines: int) -> list[Entry]:
        self._sleep(self._lags.call)
        self._reach()
        return entries(self._engine, self._engine.log_client(resource, tail=lines, as_json=True))

    def log(self, resource: str) -> bytes:
        return self._engine.read_log(self._engine.log_client(resource))

    def _reach(self) -> None:
        if not self._engine.alive:
            raise DriverUnavailable("no Tilt answers: start it with tilt up")


class Delayed(Generic[T]):
    """Follows one run of Tilt; every other thing that it says arrives ``lag`` seconds late, its end after all."""

    def __init__(self, engine: ScriptedEngine, lag: float) -> None:
        self._engine = engine
        self._run = engine.player
        self._lag, self._next_lag = 0.0, lag
        self._under_way: deque[tuple[float, T]] = deque()
        self.ended = False
        self.behind = False

    def read(self) -> list[T]:
        now = self._engine.timeline.now
        alive = self._engine.alive and self._engine.player is self._run
        if alive and (fresh := self._fresh()):
            self._under_way.extend((now + self._lag, each) for each in fresh)
            self._lag, self._next_lag = self._next_lag, self._lag
        arrived = []
        while self._under_way and (not alive or self._under_way[0][0] <= now):
            arrived.append(self._under_way.popleft()[1])
        self.ended = self.ended or not alive
        return arrived

    def close(self) -> None:
        self.ended = True

    def _fresh(self) -> list[T]:
        raise NotImplementedError


class LineStream(Delayed[Entry]):
    """``tilt logs -f --json``."""

    def __init__(self, engine: ScriptedEngine, resources: Sequence[str], lag: float) -> None:
        super().__init__(engine, lag)
        self._client = engine.log_client(*resources, as_json=True)

    def _fresh(self) -> list[Entry]:
        return entries(self._engine, self._client)


class StateStream(Delayed[Resource]):
    """``tilt get uiresource -w``."""

    def __init__(self, engine: ScriptedEngine, lag: float) -> None:
        super().__init__(engine, lag)
        self._watch = engine.watch()

    def close(self) -> None:
        super().close()
        self._engine.unwatch(self._watch)

    def _fresh(self) -> list[Resource]:
        with self._engine.now():
            return [parse(document) for document in self._watch.take(self._engine.timeline.now)]


def entries(engine: ScriptedEngine, client: LogClient) -> list[Entry]:
    """What is new for this reader of the log."""
    return [entry for line in engine.read_log(client).split(b"\n") if (entry := _entry(line))]
