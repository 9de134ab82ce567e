"""One project, one Tilt in virtual time, and all that may happen to them while nobody or somebody syncs."""

from __future__ import annotations

import contextlib
import heapq
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_syncguard.lock import SyncLock
from pytest_syncguard.settings.model import Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.tilt import TiltDriver
from pytest_syncguard.stack.drivers.tilt.resource import Resource
from pytest_syncguard.stack.drivers.tilt.session import Session
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprinter, _sources
from pytest_syncguard.stack.fingerprint.observation import Observation
from pytest_syncguard.stack.guard import Clock, StackGuard
from pytest_syncguard.testing.tilt import Resource as Scripted
from pytest_syncguard.testing.tilt import Scenario, ScriptedEngine, TriggerRefused, content_of
from pytest_syncguard.verdict import Plan
from tests.stack.lab import NAMES, STAGES, git, one_shot, resource
from tests.stack.property.client import EngineClient, Lags
from tests.stack.property.scripts import LATEST, ScriptJournal, truth

TIMEOUT = 3.0  # of each stage, in virtual seconds
SETTLE = 0.1
ARTEFACT = "artefacts/client"
FILES = ("source.txt", "more.txt")
KEPT = "kept.txt"  # nobody touches it: a stage without any file is one that no sync begins with
CONTENTS = ("a\n", "b\n", "longer\n", "")  # two of the same size; nothing: no such file


class AtOnce(Fingerprinter):
    """Looks when it is told to begin, not a moment later in a thread: what it sees is the same each time."""

    _looked: Observation | None = None

    def start(self, stages: Sequence[Stage]) -> None:
        self._looked = self.look(_sources(stages))

    def refresh(self, stages: Sequence[Stage]) -> None:
        if self._looked is None:
            self.start(stages)

    def _collect(self) -> Observation | None:
        looked, self._looked = self._looked, None
        return looked


class OneByOne(TiltDriver):
    """Looks whether the Tilt is ours, also though the client is none that runs here."""

    def _ask(self) -> tuple[Session, dict[str, Resource]]:
        session, resources = self._client.state()
        session.require_ours(self._settings.root, "localhost:10350")
        return session, resources


class Interrupted(BaseException):
    """Ctrl-C, in the middle of anything."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What differs between one Tilt and another, in seconds."""

    lags: Lags = field(default_factory=Lags)
    log_delay: float = 0.0
    watch_every: float = 0.0
    latency: float = 0.01
    slack: float = 0.0  # how much longer each sleep takes than was asked for


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens by itself: ``what`` is a method of `World`; ``after`` so many seconds."""

    after: float
    what: str
    args: tuple[object, ...] = ()


class World:
    """Everything but the syncs."""

    def __init__(self, root: Path, weather: Weather, *, with_git: bool = False) -> None:
        self.root = root
        self.weather = weather
        self.stages = tuple(stage._replace(timeout=TIMEOUT, settle=SETTLE) for stage in STAGES)
        self._make_project(with_git=with_git)
        self.journal = ScriptJournal("client", root / ARTEFACT)
        scenario = Scenario(
            (one_shot("client"), resource("server"), resource("internal"), _bundling("ui")),
            log_delay=weather.log_delay,
            watch_every=weather.watch_every,
            latency=weather.latency,
        )
        self.engine = ScriptedEngine(scenario, root=root, journal=self.journal, tiltfile=str(root / "Tiltfile"))
        self.engine.settle()
        self.happened = 0
        self.wait_for_others: Callable[[], None] = lambda: None
        self._ahead: list[tuple[float, int, Happening]] = []
        self._copies: list[bytes] = []
        self._there: set[Path] | None = None  # the sources when the sync began; None: nobody syncs

    def _make_project(self, *, with_git: bool) -> None:
        for name in NAMES:
            (self.root / name).mkdir(parents=True)
            (self.root / name / FILES[0]).write_text(CONTENTS[0])
            (self.root / name / KEPT).write_text(CONTENTS[0])
        (self.root / "artefacts").mkdir()
        if with_git:
            git(self.root, "init", "--quiet")
            (self.root / ".gitignore").write_text(".syncguard/\nlogs/\nartefacts/\n")
            self.commit()

    # --- time

    @property
    def now(self) -> float:
        return self.engine.timeline.now

    def sleep(self, seconds: float) -> None:
        """Virtual time passes, and with it whatever was to happen."""
        end = self.now + seconds + (self.weather.slack if seconds else 0.0)
        while self._ahead and self._ahead[0][0] <= end:
            at, _, happening = heapq.heappop(self._ahead)
            self.engine.advance(max(0.0, at - self.now))
            self.happen(happening)
        self.engine.advance(max(0.0, end - self.now))
        self.wait_for_others()

    def expect(self, happenings: list[Happening]) -> None:
        """These will happen, counted from now, while somebody syncs."""
        self._there = {path for name in NAMES for path in (self.root / name).iterdir()} if happenings else None
        self._ahead = [(self.now + each.after, number, each) for number, each in enumerate(happenings)]
        heapq.heapify(self._ahead)

    def happen(self, happening: Happening) -> None:
        """It happens now."""
        self.happened += 1
        getattr(self, happening.what)(*happening.args)

    # --- what may happen

    def edit(self, name: str, file: str, content: str) -> None:
        path = self.root / name / file
        if content == (path.read_text() if path.exists() else ""):
            return
        if not content and self._there is not None and path not in self._there:
            return  # a file that is there only while it is built leaves no trace that could be told from a build's own
        self.journal.taint(name)
        if content:
            path.write_text(content)
        else:
            path.unlink(missing_ok=True)
            if self._there is not None:
                self._there.discard(path)  # made again, it stays

    def slip(self, name: str, content: str, seconds: float) -> None:
        """An edit that is taken back after a while, as when somebody looks at another branch."""
        path = self.root / name / FILES[0]
        before = path.read_text() if path.exists() else ""
        self.edit(name, FILES[0], content)
        back = Happening(seconds, "edit", (name, FILES[0], before))
        heapq.heappush(self._ahead, (self.now + seconds, self.happened + 1000, back))

    def commit(self) -> None:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", "more")

    def script(self, name: str, build: str) -> None:
        self.journal.next_builds.setdefault(name, []).append(build)

    def serve(self, name: str, process: str) -> None:
        self.journal.next_serves.setdefault(name, []).append(process)

    def trigger(self, name: str) -> None:
        if self.engine.alive:
            with contextlib.suppress(TriggerRefused):
                self.engine.trigger(name)

    def save(self, name: str, content: str) -> None:
        """An edit that Tilt notices by itself."""
        self.edit(name, FILES[0], content)
        if self.engine.alive and not self.engine.states[name].disabled:
            self.engine.rebuild(name)

    def crash(self, name: str) -> None:
        state = self.engine.states.get(name)
        if self.engine.alive and state is not None and state.resource.serve and state.runtime == "ok":
            self.engine.crash(name)

    def disable(self, name: str) -> None:
        if self.engine.alive:
            self.engine.disable(name)

    def enable(self, name: str) -> None:
        state = self.engine.states.get(name)
        if self.engine.alive and state is not None and state.disabled:
            with self.engine.now():
                state.disabled = False
                self.engine.changed(state)

    def kill_tilt(self) -> None:
        self.engine.kill()

    def restart_tilt(self) -> None:
        self.engine.kill()
        self.engine.restart()

    def wait(self, seconds: float) -> None:
        self.engine.advance(seconds)

    def interrupt(self) -> None:
        raise Interrupted

    def copy_ledger(self) -> None:
        if self.ledger.exists():
            self._copies.append(self.ledger.read_bytes())

    def restore_ledger(self, number: int) -> None:
        if self._copies:
            self.ledger.write_bytes(self._copies[number % len(self._copies)])

    def lose_ledger(self) -> None:
        self.ledger.unlink(missing_ok=True)

    def damage_ledger(self, where: float, damage: bytes) -> None:
        """Other bytes at that place (0 to 1); none: all from there on is gone."""
        if not self.ledger.exists():
            return
        data = self.ledger.read_bytes()
        at = int(where * len(data))
        self.ledger.write_bytes(data[:at] + damage + (data[at + len(damage) :] if damage else b""))

    def configure(self, name: str, word: str) -> None:
        """The settings of a stage change."""
        self.stages = tuple(
            stage._replace(env=(("MODE", word),)) if stage.name == name else stage for stage in self.stages
        )

    def calm(self) -> None:
        """Whatever was broken is mended, whoever was to panic late has, and Tilt comes to rest."""
        self._ahead.clear()
        self.journal.heal()
        if not self.engine.alive:
            self.engine.restart()
        for name in NAMES:
            self.enable(name)
            state = self.engine.states[name]
            if state.current is not None and self.journal.played[name] in ("hangs", "kills Tilt"):
                self.engine.kill()
        if not self.engine.alive:
            self.engine.restart()
        self.engine.settle()
        self.engine.advance(LATEST)

    # --- what is known

    @property
    def ledger(self) -> Path:
        return self.settings.state / "ledger.sqlite3"

    @property
    def settings(self) -> Settings:
        return self._settings_of(self.root)

    def _settings_of(self, root: Path) -> Settings:
        return Settings(root, stack=StackSettings("tilt", stages=self.stages))

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def guard(self, jobs: int = 1, root: Path | None = None) -> StackGuard:
        """A guard as a process of its own would have it, in this checkout or another one."""
        client = EngineClient(self.engine, self.sleep, self.weather.lags)
        clock = Clock(lambda: self.now, self.sleep)
        settings = self._settings_of(root or self.root)
        guard = StackGuard(
            settings, lambda settings: OneByOne(settings, client, clock=clock.now), jobs=jobs, clock=clock
        )
        guard._fingerprinter = AtOnce(settings.root, settings.state / "cache")
        return guard

    def check_out(self, folder: Path) -> None:
        """Another checkout, made of everything that is here: its ledger is a copy, and goes its own way."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.root, folder, symlinks=True)

    def plan(self) -> Plan:
        """What somebody who comes now would be told."""
        guard = self.guard()
        try:
            return guard.plan(())
        finally:
            guard.close()

    def builds(self) -> dict[str, int]:
        """How many builds of each resource began so far."""
        return {name: len(self.journal.builds(name)) for name in NAMES}

    def why_not_synced(self, name: str) -> str:
        """Why it would be a lie to call this stage synced; empty: it would be none."""
        of = self.engine.scenario[name]
        running = self.engine.running_content(name)
        if not truth(self.root, of, running):
            return f"what runs was made of {running}, and the sources are {self.engine.current_content(name)}"
        if not self.journal.acceptable(of):
            return f"its build {self.journal.played.get(name)!r}, its process {self.journal.served.get(name)!r}"
        client = self.engine.scenario["client"]
        if name == "ui" and (self.root / ARTEFACT).read_text() != content_of(self.root, client.input):
            return "it bundles a client that is not of the current sources"
        return ""

    def require_free_lock(self) -> None:
        """Nobody holds the lock."""

        def fail(_: float) -> None:
            raise AssertionError("the lock is still held")

        lock = SyncLock(self.settings.state, fail)
        for _ in lock.acquire():
            raise AssertionError("the lock is still held")
        lock.release()


def _bundling(name: str) -> Scripted:
    return replace(resource(name), input=(f"{name}/*", ARTEFACT))
