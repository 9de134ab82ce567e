"""One sync within one pytest run: before the first test on the controller, or when a fixture asks for it."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Generator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import pytest

from pytest_syncguard import gate, xdist
from pytest_syncguard.project import Project, open_project
from pytest_syncguard.report.terminal import TerminalBlock, failure_text, write_line
from pytest_syncguard.settings import find_source
from pytest_syncguard.verdict import (
    Background,
    Event,
    Guard,
    Result,
    Status,
    StepFinished,
    Stoppable,
    SyncguardError,
    Target,
    Verdict,
)

KEPT_NOTES = 40
RUN = pytest.StashKey["SyncRun"]()


def start(config: pytest.Config) -> None:
    """An option of ours is given: read the settings now, so that every fault is told before anything runs."""
    if xdist.is_worker(config):
        return
    run = SyncRun(config)
    config.stash[RUN] = run
    try:
        run.prepare()
    except SyncguardError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(GateHooks(run), "syncguard-gate")


def run_of(config: pytest.Config) -> SyncRun:
    """This process's run, made when first asked for."""
    if RUN not in config.stash:
        config.stash[RUN] = SyncRun(config)
    return config.stash[RUN]


class SyncRun:
    """What a pytest process knows of its sync."""

    def __init__(self, config: pytest.Config) -> None:
        told = xdist.told_by_controller(config)
        self.config = config
        self.id: str = told.get("run") or uuid.uuid4().hex
        self.start = _start(config, told.get("start"))
        self.result: Result | None = None
        self.fixture_exit_code = 0
        option = config.option
        self.asked = bool(option.sync_stack or option.sync_stage or option.sync_force)
        if not xdist.is_worker(config):
            config.pluginmanager.register(xdist.ControllerHooks(self), "syncguard-xdist")

    @cached_property
    def project(self) -> Project:
        """The settings and hooks. Raises `SettingsError`."""
        return open_project(self.start, self.config.hook)

    @cached_property
    def guards(self) -> list[Guard]:
        """Every guard of the project."""
        return self.project.guards(jobs=self.config.option.sync_jobs)

    def prepare(self) -> None:
        """Find every fault there is in settings and options, and begin to look at the sources."""
        if self.config.option.sync_jobs < 1:
            raise SyncguardError(f"--sync-jobs must be 1 or more, found {self.config.option.sync_jobs}")
        self.targets()
        if self.asked and not self.config.option.collectonly:
            for guard in self.guards:
                if isinstance(guard, Background):
                    guard.start()

    def targets(self) -> list[Target]:
        """What the options ask for; empty means everything."""
        return gate.resolve(self.guards, self.config.option.sync_stage)

    def sync(self) -> Result:
        """Bring it in sync, telling the terminal and the hooks."""
        from pytest_syncguard.signals import Terminated, terminating

        block = TerminalBlock(self.config)
        try:
            with terminating():
                self.result = gate.sync(
                    self.guards,
                    self.targets(),
                    force=bool(self.config.option.sync_force),
                    listeners=(block, self._tell_hook),
                )
        except Terminated as stopped:
            pytest.exit(f"the sync was ended by a signal ({stopped})", returncode=stopped.code)
        self._report(self.result)
        block.close(self.result)
        self._leave_note(self.result)
        return self.result

    @property
    def note(self) -> Path:
        """Where the processes of this run tell each other what the sync came to."""
        return self.project.settings.state / "runs" / f"{self.id}.json"

    def check(self, targets: Sequence[Target]) -> Result:
        """Whether these are in sync now; changes nothing."""
        return gate.check(self.guards, targets)

    def down(self) -> list[str]:
        """Stop what the guards started."""
        return [line for guard in self.guards if isinstance(guard, Stoppable) for line in guard.down()]

    def close(self) -> None:
        """Let go of helpers, if there are any."""
        for guard in self.__dict__.get("guards", ()):
            if isinstance(guard, Background):
                guard.close()

    def _tell_hook(self, event: Event) -> None:
        if isinstance(event, StepFinished):
            self.config.hook.pytest_syncguard_stage_finished(event=event)

    def _leave_note(self, result: Result) -> None:
        text = failure_text(result) if not result.synced else ""
        told = {"code": result.pytest_exit_code, "text": text, "by": xdist.worker_id(self.config)}
        with suppress(OSError):  # whoever finds no note asks the guards itself
            self.note.parent.mkdir(parents=True, exist_ok=True)
            for old in sorted(self.note.parent.glob("*.*"), key=lambda path: path.stat().st_mtime)[:-KEPT_NOTES]:
                old.unlink(missing_ok=True)
            part = self.note.with_suffix(".part")
            part.write_text(json.dumps(told))
            part.replace(self.note)

    def _report(self, result: Result) -> None:
        from pytest_syncguard.report import github, junit
        from pytest_syncguard.report.json import document, write

        self.config.hook.pytest_syncguard_report(result=result)
        if file := self.config.option.sync_report:
            path = self.config.invocation_params.dir / file
            try:
                write(path, document(result))
            except SyncguardError as error:
                self.result = Result(
                    (*result.verdicts, Verdict(Target("report"), Status.UNKNOWN, str(error))), result.finished
                )
        if not xdist.is_worker(self.config):
            junit.add_properties(self.config, result)
            github.annotate(result, os.environ, print)


class GateHooks:
    """On the controller, when an option asks for it: nothing runs before everything is in sync."""

    def __init__(self, run: SyncRun) -> None:
        self._run = run

    def pytest_report_header(self) -> str:
        stack = self._run.project.settings.stack
        when = "sync before the first test" if self._run.asked else "no sync asked for"
        return f"syncguard: {len(stack.stages)} stages, driver {stack.driver}, {when}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """With xdist the workers collect meanwhile, and none gets a test before this returns."""
        if xdist.distributes(self._run.config) and self._run.asked:
            self._run.sync()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Without xdist what was collected is known here: no test, no sync."""
        if self._run.asked and self._run.result is None and _will_run(session):
            self._run.sync()
        if self._run.result is not None and not self._run.result.synced:
            self._refuse(session, self._run.result)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._run.result is not None and self._run.result.pytest_exit_code:
            session.exitstatus = self._run.result.pytest_exit_code
        if self._run.config.option.sync_down:
            try:
                lines = self._run.down() or ["syncguard: nothing to stop"]
            except SyncguardError as error:
                lines = [f"syncguard: {error}"]
            for line in lines:
                write_line(self._run.config, line)

    def pytest_unconfigure(self) -> None:
        self._run.close()

    def _refuse(self, session: pytest.Session, result: Result) -> None:
        """End the run as one error, told once, in the terminal and in JUnit."""
        report = pytest.CollectReport(
            nodeid="syncguard::stack", outcome="failed", longrepr=failure_text(result), result=[]
        )
        self._run.config.hook.pytest_collectreport(report=report)
        raise session.Failed("syncguard: the stack is not in sync")


def _will_run(session: pytest.Session) -> bool:
    option = session.config.option
    broken = session.testsfailed and not option.continue_on_collection_errors
    return bool(session.items) and not option.collectonly and not broken


def _start(config: pytest.Config, told: str | None) -> Path:
    """Where to look for the settings: where the controller did, where pytest was called, or its rootdir."""
    called = config.invocation_params.dir
    for folder in (Path(told) if told else called, called):
        if folder.is_dir() and find_source(folder):
            return folder
    return config.rootpath
