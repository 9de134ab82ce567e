"""How builds and processes are begun, played and ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pytest_syncguard.testing.tilt.documents import BuildRecord, waiting_on
from pytest_syncguard.testing.tilt.journal import content_of
from pytest_syncguard.testing.tilt.resource import ResourceState
from pytest_syncguard.testing.tilt.scenario import Build, Serve, Step

if TYPE_CHECKING:
    from pytest_syncguard.testing.tilt.engine import ScriptedEngine

_CHUNK = 200_000


class Player:
    """Plays the scripts of one run of Tilt. Called with the engine's lock held."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self._engine = engine
        self._wanted: list[ResourceState] = []
        self._builds = 0
        self._processes = 0

    def want(self, state: ResourceState, reason: str, *, queued: bool) -> None:
        """A build is asked for. What was asked for already and has not begun is the same build."""
        state.reason = reason if not state.reason else state.reason
        state.queued = state.queued or queued
        if "Changed" in reason and not state.pending_since:
            state.pending_since = self._engine.stamp()
        if state not in self._wanted:
            self._wanted.append(state)
        self._engine.changed(state)
        self._soon(self._schedule)

    def busy(self, state: ResourceState) -> bool:
        """A build of it is wanted and will come."""
        return bool(state.reason) and not self._missing(state)

    def disable(self, state: ResourceState) -> None:
        """Nothing of this resource is wanted, built or served any more."""
        if state in self._wanted:
            self._wanted.remove(state)
        state.disabled, state.reason, state.queued, state.pid, state.told_pid = True, "", False, 0, 0
        self.end(state, "")

    def end(self, state: ResourceState, runtime: str) -> None:
        """The process is gone; ``runtime`` is what the status says of that."""
        state.end_process()
        state.runtime = runtime
        if runtime == "error":
            state.told_pid = state.pid
        self._engine.changed(state)

    def _schedule(self) -> None:
        """Begin every build that nothing holds back, and tell of the others what does."""
        for state in list(self._wanted):
            if state.current is not None:
                continue
            missing = self._missing(state)
            others = self._in_the_way(state)
            if missing:
                self._hold(state, missing, "waiting-for-dep")
            elif others:
                self._hold(state, others, "waiting-for-local")
            else:
                self._wanted.remove(state)
                self._begin(state)

    def _missing(self, state: ResourceState) -> list[str]:
        """Dependencies that were never ready; they hold back the first build only."""
        if state.ever_built:
            return []
        known = self._engine.states
        return [name for name in state.resource.resource_deps if name not in known or not known[name].ever_ready]

    def _in_the_way(self, state: ResourceState) -> list[str]:
        """One command at a time, unless both may run in parallel."""
        building = [other for other in self._engine.states.values() if other.current is not None]
        parallel = state.resource.allow_parallel
        return [other.name for other in building if not (parallel and other.resource.allow_parallel)]

    def _hold(self, state: ResourceState, names: list[str], reason: str) -> None:
        waiting = waiting_on(names, reason)
        if state.waiting != waiting:
            state.waiting = waiting
            self._engine.changed(state)

    def _begin(self, state: ResourceState) -> None:
        engine, resource = self._engine, state.resource
        self._builds += 1
        record = BuildRecord(f"build:{self._builds}", engine.stamp())
        content = content_of(engine.root, resource.input)
        build = engine.journal.start_build(resource, content) if resource.builds else Build()
        reason = state.reason
        state.current, state.waiting, state.ever_built = record, None, True
        state.reason, state.queued = "", False
        engine.write(record.span, resource.name, f"{reason}\n".encode(), init=True)
        span = f"cmd:{resource.name}:update"
        if resource.builds:
            engine.write(span, resource.name, f"Running cmd: {resource.build_text}\n".encode())
        engine.changed(state)
        steps = build.steps if resource.builds else ()
        done = partial(self._finish, state, record, build, content)
        self._play(steps, partial(self._print, span, resource.name), lambda: state.current is record, done)

    def _finish(self, state: ResourceState, record: BuildRecord, build: Build, content: str) -> None:
        engine = self._engine
        record.finished = engine.stamp()
        if build.exit:
            command = json.dumps(state.resource.build_text, ensure_ascii=False)
            record.error = f"Command {command} failed: exit status {build.exit}"
            # No newline: Tilt writes none here.
            engine.write(record.span, state.name, f"Build Failed: {record.error}".encode(), error=True)
        else:
            state.passed += 1
            state.built_content = content
            engine.journal.note_passed(state.name, content)
            state.deployed = record.finished
            if not state.resource.serve:
                state.ever_ready = True
        state.current = None
        state.history = [record, *state.history[:1]]
        if not state.reason:
            state.pending_since = ""
        engine.changed(state)
        self._soon(self._schedule)
        self._soon(partial(self._bring_up, state))

    def _bring_up(self, state: ResourceState) -> None:
        """Stop the process of an older build, and start that of this one."""
        if not state.serve_due or state.disabled:
            return
        state.served = state.passed
        self.end(state, "pending")
        self._soon(partial(self._serve, state, state.process))

    def _serve(self, state: ResourceState, process: int) -> None:
        engine, resource = self._engine, state.resource
        if state.process != process:
            return
        self._processes += 1
        span = f"localserve:{self._processes}"
        state.pid, state.runtime, state.ever_ready = engine.new_pid(), "ok", True
        state.serving_content = state.built_content
        script = engine.journal.start_process(resource, state.built_content or "", state.pid)
        state.span, state.started, state.unnoticed = span, engine.stamp(), script.unnoticed
        state.told_pid = state.told_pid if script.unnoticed else state.pid
        engine.write(span, resource.name, f"Running cmd: {resource.serve_text}\n".encode())
        engine.changed(state)
        done = partial(self._exit, state, span, script)
        self._play(script.steps, partial(self._print, span, resource.name), lambda: state.process == process, done)
        self._soon(self._schedule)

    def _exit(self, state: ResourceState, span: str, script: Serve) -> None:
        if script.exit is None:
            return
        if script.exit == 0:
            self._engine.write(span, state.name, b"Server exited with exit code 0\n", error=True)
        self.end(state, "error")

    def _play(
        self,
        steps: Sequence[Step],
        write: Callable[[Step], None],
        wanted: Callable[[], bool],
        done: Callable[[], None],
    ) -> None:
        """Do the steps until one sleeps, go on after it; stop when nobody wants it any more."""
        for number, step in enumerate(steps):
            if not (wanted() and self._current):
                return
            if step.kill_tilt:
                self._engine.kill()
                return
            if step.sleep:
                rest = partial(self._play, steps[number + 1 :], write, wanted, done)
                self._engine.timeline.after(step.sleep, rest)
                return
            write(step)
        if wanted() and self._current:
            done()

    @property
    def _current(self) -> bool:
        return self._engine.alive and self._engine.player is self

    def _print(self, span: str, resource: str, step: Step) -> None:
        data = step.data
        at_once = max(1, _CHUNK // max(1, len(data)))
        for start in range(0, step.repeat, at_once):
            self._engine.write(span, resource, data * min(at_once, step.repeat - start))

    def _soon(self, action: Callable[[], None]) -> None:
        self._engine.timeline.after(self._engine.scenario.latency, action)
