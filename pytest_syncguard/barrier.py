"""What holds the tests back on the controller until everything that the options ask for is in sync."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from pytest_syncguard import xdist
from pytest_syncguard.ahead import wants_sync
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.report.terminal import Block
from pytest_syncguard.session import SyncRun, run_of
from pytest_syncguard.verdict import Result


def start(config: pytest.Config) -> None:
    """An option of ours is given: read the settings now, so that every fault is told before anything runs."""
    if xdist.is_worker(config):
        return
    run = run_of(config)
    try:
        run.forget_report()
        run.prepare()
    except SyncguardError as error:
        raise pytest.UsageError(*str(error).splitlines()) from None
    config.pluginmanager.register(GateHooks(run), "syncguard-gate")


class GateHooks:
    """On the controller, when an option asks for it: nothing runs before everything is in sync."""

    def __init__(self, run: SyncRun) -> None:
        self._run = run
        self._refused = 0
        self._collected = 0
        self._session: pytest.Session | None = None

    def pytest_report_header(self) -> str:
        stack = self._run.project.settings.stack
        when = "sync before the first test" if self._run.asked else "no sync asked for"
        return f"syncguard: {len(stack.stages)} stages, driver {stack.driver}, {when}"

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        if self._wanted():
            self._run.look_around()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """With xdist the workers collect meanwhile, and none gets a test before this returns."""
        if xdist.distributes(self._run.config) and self._wanted():
            self._run.sync_before_tests()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Once all workers have collected, and before any gets a test."""
        self._collected += 1
        if self._collected == xdist.workers(self._run.config) and self._wanted():
            self._run.sync_again()
            if self._session is not None and self._run.result is not None and not self._run.result.synced:
                self._refuse(self._session, self._run.result)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Without xdist what was collected is known here: no test, no sync."""
        if self._run.result is None and self._wanted() and _will_run(session):
            self._run.sync_before_tests()
        if self._run.result is not None and not self._run.result.synced:
            self._refuse(session, self._run.result)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        config = self._run.config
        if session.testscollected:
            self._run.look_back()  # before anything is stopped here
        if self._refused:
            session.exitstatus = self._refused
        if self._run.report_file is not None and self._run.result is None and not config.option.collectonly:
            self._run.say("no report was written, for nothing was synced")
        if config.option.sync_down and not config.option.collectonly:
            try:
                lines = self._run.down() or ["nothing to stop"]
            except SyncguardError as error:
                lines = [str(error)]
            for line in lines:
                self._run.say(line)

    def _wanted(self) -> bool:
        return wants_sync(self._run.config.option)

    def _refuse(self, session: pytest.Session, result: Result) -> None:
        """End the run as one error, told once, in the terminal and in JUnit."""
        self._refused = result.pytest_exit_code
        report = pytest.CollectReport(
            nodeid="syncguard::stack",
            outcome="failed",
            longrepr=Block(result),  # type: ignore[arg-type]  # whatever can be shown as text is welcome there
            result=[],
        )
        self._run.config.hook.pytest_collectreport(report=report)
        raise session.Failed("syncguard: not in sync")


def _will_run(session: pytest.Session) -> bool:
    broken = session.testsfailed and not session.config.option.continue_on_collection_errors
    return bool(session.items) and not broken
