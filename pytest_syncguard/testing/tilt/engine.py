"""A Tilt without processes: a state machine that plays a scenario on a real or a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

from pytest_syncguard.testing.tilt import documents
from pytest_syncguard.testing.tilt.documents import Json
from pytest_syncguard.testing.tilt.journal import Built, Journal, content_of
from pytest_syncguard.testing.tilt.loading import TILTFILE, Session, Tiltfile
from pytest_syncguard.testing.tilt.logstore import LogClient, LogStore
from pytest_syncguard.testing.tilt.playing import Player
from pytest_syncguard.testing.tilt.resource import ResourceState
from pytest_syncguard.testing.tilt.scenario import Build, Scenario
from pytest_syncguard.testing.tilt.timeline import Clock
from pytest_syncguard.testing.tilt.watch import Watch

__all__ = ["VERSION", "ScriptedEngine", "TriggerRefused"]

VERSION = "v0.37.6, built 2026-08-08"


class TriggerRefused(Exception):
    """A trigger that Tilt turns down: HTTP status and the body of its answer."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


class ScriptedEngine:
    """One Tilt: resources, their builds and processes, log and documents. Thread-safe.

    With ``realtime`` time passes by itself, as long as a thread is in `run`; without, only in `advance`.
    ``root`` is the project: inputs are read below it. ``pid`` is told as the session's.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        root: Path = Path(),
        journal: Journal | None = None,
        realtime: bool = False,
        port: int = 10350,
        pid: int = 1,
        tiltfile: str = "Tiltfile",
    ) -> None:
        self.scenario = scenario
        self.root = root
        self.journal = journal if journal is not None else Journal()
        self.clock = Clock(realtime=realtime)
        self.condition = self.clock.condition
        self.timeline = self.clock.timeline
        self.now = self.clock.now
        self.stamp = self.clock.stamp
        self._port = port
        self._pid = pid
        self._tiltfile_path = tiltfile
        self._tiltfile_error = scenario.tiltfile_error
        self._next_pid = 5_000_000  # above any pid that Linux gives: nobody signals a stranger
        self.alive = False
        self.restart()

    # --- life and time

    def restart(self) -> None:
        """A new run of Tilt: new session, counters back to 1, no process, an empty log."""
        with self.condition:
            self.timeline.clear()
            self.alive = True
            self.log = LogStore()
            self.watches: list[Watch] = []
            self.states: dict[str, ResourceState] = {}
            self._version = 0
            self._session = Session(self.stamp(), self._pid, self._tiltfile_path)
            self._tiltfile = Tiltfile(self, self._session)
            self.player = Player(self)
            for line in (f"Tilt started on http://localhost:{self._port}/\n", f"{VERSION}\n"):
                self.write("", "", line.encode())
            self._load("Initial Build")
            if self.scenario.dies_after is not None:
                self.timeline.after(self.scenario.dies_after, self.kill)

    def kill(self) -> None:
        """Tilt is gone, as by SIGKILL: nothing happens any more until `restart`."""
        with self.condition:
            self.alive = False
            self.timeline.clear()
            for state in self.states.values():
                state.end_process()
                state.runtime = ""
            self.condition.notify_all()

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once (virtual time only)."""
        with self.condition:
            self.timeline.run_to(self.timeline.now + seconds)

    def settle(self, limit: float = 3600.0) -> bool:
        """Let virtual time pass until Tilt is idle; False when it is not after ``limit`` seconds."""
        with self.condition:
            end = self.timeline.now + limit
            while not self.idle:
                due = self.timeline.next_due
                if due is None or due > end:
                    return False
                self.timeline.run_to(due)
            return True

    def run(self) -> None:
        """Let time pass by itself until Tilt is dead (real time)."""
        self.clock.run(lambda: self.alive)

    # --- what a user does

    def trigger(self, name: str) -> None:
        """``tilt trigger``. Raises `TriggerRefused`; returns before the build starts."""
        with self.now():
            if name == TILTFILE:
                self._load("CLI Trigger")
                return
            state = self.states.get(name)
            if state is None:
                raise TriggerRefused(404, f'resource "{name}" does not exist')
            if state.disabled:
                raise TriggerRefused(200, f'resource "{name}" is currently disabled')
            self.player.want(state, "CLI Trigger", queued=True)

    def rebuild(self, name: str, files: Sequence[str] = ("source",)) -> None:
        """A change of these files causes a build, as Tilt does by itself for a resource with ``deps``."""
        with self.now():
            plural = "s" if len(files) > 1 else ""
            reason = f"{len(files)} File{plural} Changed: [{' '.join(files)}]"
            self.player.want(self.states[name], reason, queued=False)

    def crash(self, name: str) -> None:
        """The served process is killed from outside: it says nothing more."""
        with self.now():
            self.player.end(self.states[name], "error")

    def disable(self, name: str) -> None:
        """Disable the resource, as in the web page."""
        with self.now():
            state = self.states[name]
            self.player.disable(state)
            text = f'Resource "{name}" disabled. To enable/disable it, use the Tilt Web UI.\n'
            self.write(f"disabletoggle-{name}", name, text.encode())

    def break_tiltfile(self, message: str) -> None:
        """The Tiltfile changes and does not load any more; an empty message: it does again."""
        with self.now():
            self._tiltfile_error = message
            self._load("1 File Changed: [Tiltfile]")

    def plan(self, name: str, *builds: Build) -> None:
        """From the next build on the resource does this, the last one again and again."""
        with self.now():
            self.journal.plan(name, builds)

    # --- what can be known

    @property
    def idle(self) -> bool:
        """Nothing is building, wanted or starting, but for what waits for a build that nobody asked for."""
        return all(
            state.disabled or (state.current is None and not self.player.busy(state) and not state.serve_awaited)
            for state in self.states.values()
        )

    def builds(self, name: str) -> list[Built]:
        """All builds of the resource, oldest first, those before a restart too."""
        with self.now():
            return list(self.journal.builds(name))

    def running_content(self, name: str) -> str | None:
        """Digest of the sources of what runs now (one-shot: of its last good build); None: nothing runs."""
        with self.now():
            return self.states[name].running_content if self.alive and name in self.states else None

    def current_content(self, name: str) -> str:
        """Digest of the resource's sources as they are now."""
        return content_of(self.root, self.scenario[name].input)

    def document(self, name: str) -> Json | None:
        """The UIResource of that name, or None."""
        with self.now():
            if name == TILTFILE:
                return self._tiltfile.document()
            state = self.states.get(name)
            return None if state is None else self._document(state)

    def documents(self) -> list[Json]:
        """All UIResources."""
        with self.now():
            return [self._tiltfile.document(), *map(self._document, self.states.values())]

    def commands(self) -> list[Json]:
        """The Cmds of the processes that run or have ended by themselves."""
        with self.now():
            served = [state for state in self.states.values() if state.span and state.runtime in {"ok", "error"}]
            return [self._command(state) for state in served]

    def session(self) -> Json:
        """The Session of this run of Tilt."""
        with self.now():
            return self._session.document(self._version)

    def watch(self, name: str = "") -> Watch:
        """Follow the documents of one resource, or of all. Give it back with `unwatch`."""
        with self.now():
            first = [self.document(name)] if name else self.documents()
            watch = Watch(name, [one for one in first if one is not None], self.scenario.watch_every)
            self.watches.append(watch)
            return watch

    def unwatch(self, watch: Watch) -> None:
        with self.condition:
            if watch in self.watches:
                self.watches.remove(watch)

    def log_client(self, *resources: str, tail: int | None = None, as_json: bool = False) -> LogClient:
        """What ``tilt logs`` would print; feed it with `read_log`."""
        return LogClient(self._printing_time, resources, tail=tail, as_json=as_json)

    def read_log(self, client: LogClient) -> bytes:
        """What the client prints for all that is new."""
        with self.now():
            return client.take(self.log)

    # --- for the player

    def write(self, span: str, resource: str, text: bytes, *, init: bool = False, error: bool = False) -> None:
        """Add to the log, or have it arrive there later if the scenario wants that."""

        def append() -> None:
            self.log.append(span, resource, text, init=init, error=error)
            self.condition.notify_all()

        if self.scenario.log_delay:
            self.timeline.after(self.scenario.log_delay, append)
        else:
            append()

    def changed(self, state: ResourceState) -> None:
        """The resource's document is another one now: tell whoever watches."""
        state.version = self.next_version()
        status = state.status()
        conditions = documents.up_to_date(status), documents.ready(status)
        if conditions != state.conditions:
            state.conditions, state.changed = conditions, self.stamp()
        self._tell(partial(self._document, state))

    def next_version(self) -> int:
        self._version += 1
        return self._version

    def new_pid(self) -> int:
        self._next_pid += 1
        return self._next_pid

    # --- inside

    def _load(self, reason: str) -> None:
        """Load the Tiltfile. The first time that this goes well there are resources, and they are built."""
        self._tiltfile.load(reason, self._tiltfile_error)
        self._tell(self._tiltfile.document)
        if self._tiltfile_error or self.states:
            return
        for order, resource in enumerate(self.scenario.resources, start=2):
            state = ResourceState(resource, order, str(uuid4()), disabled=resource.disabled)
            self.states[resource.name] = state
            self.changed(state)
        for state in self.states.values():
            if state.resource.auto_init and not state.disabled:
                self.player.want(state, "Initial Build", queued=False)

    def _tell(self, document: Callable[[], Json]) -> None:
        if self.watches:
            made = document()
            for watch in self.watches:
                watch.put(self.timeline.now, made)
        self.condition.notify_all()

    def _document(self, state: ResourceState) -> Json:
        meta = self._session.metadata(state.name, state.uid, state.version)
        return documents.ui_resource(meta, state.status(), state.changed)

    def _command(self, state: ResourceState) -> Json:
        number = state.span.partition(":")[2]
        meta = self._session.metadata(f"{state.name}-serve-{number}", state.uid, state.version, state.name)
        return documents.command(meta, state.span, state.pid, state.started, up=state.runtime == "ok")

    def _printing_time(self) -> str:
        return self.stamp()[:19] + "Z"
