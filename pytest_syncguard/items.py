"""What single tests ask for: the marker `requires_synced` and the fixture `synced_stack`."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import pytest

from pytest_syncguard import gate, xdist
from pytest_syncguard.handle import SyncedStack, SyncedStage
from pytest_syncguard.session import SyncRun, run_of
from pytest_syncguard.stack.logs import StageLogs
from pytest_syncguard.timeouts import TimerPause
from pytest_syncguard.verdict import COULD_NOT_CHECK, Result, SyncguardError, Target

MARKER = "requires_synced"
FRESH = 1.0  # seconds for which one look at a target serves the tests that follow each other
HOOKS = pytest.StashKey["ItemHooks"]()


def watch_items(config: pytest.Config, marked: Sequence[pytest.Item]) -> None:
    """Some collected tests ask for something: check their words, and be there when they run."""
    if HOOKS in config.stash:
        return
    hooks = ItemHooks(run_of(config), _unsynced_policy(config))
    config.stash[HOOKS] = hooks
    config.pluginmanager.register(hooks, "syncguard-items")
    config.pluginmanager.register(hooks.timer, "syncguard-timer")
    faults = [fault for item in marked if (fault := hooks.fault(item))]
    if faults and not xdist.is_worker(config):  # a worker must not raise here: its tests tell it, one by one
        raise pytest.UsageError("\n".join(dict.fromkeys(faults)))


class ItemHooks:
    """Checks marked tests where they run, and remembers which test the fixture's failure was told to."""

    def __init__(self, run: SyncRun, policy: str) -> None:
        self.run = run
        self.policy = policy
        self.timer = TimerPause()
        self.item: pytest.Item | None = None
        self.told_to = ""
        self._seen: dict[tuple[Target, ...], tuple[float, Result]] = {}

    def fault(self, item: pytest.Item) -> str:
        """What is wrong with the item's markers, in one line; empty when nothing is."""
        for mark in item.iter_markers(MARKER):
            if mark.kwargs or not all(isinstance(name, str) for name in mark.args):
                return f"{item.nodeid}: {MARKER} takes names of targets, found {mark.args} {mark.kwargs}"
            try:
                gate.resolve(self.run.guards, mark.args)
            except SyncguardError as error:
                return f"{item.nodeid}: {MARKER}: {error}"
        return ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.item = item
        marks = list(item.iter_markers(MARKER))
        if not marks:
            return
        if fault := self.fault(item):
            pytest.fail(fault, pytrace=False)
        names = [name for mark in marks for name in mark.args] or ["stack"]
        result = self._check(tuple(gate.resolve(self.run.guards, names)))
        if not result.synced:
            self._refuse(result)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A sync that failed in a fixture is never a green run, whatever became of the tests that asked."""
        code = self.run.fixture_exit_code
        xdist.tell_controller(session.config, code)
        if code and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = code

    def pytest_unconfigure(self) -> None:
        self.run.close()

    def _check(self, targets: tuple[Target, ...]) -> Result:
        at, result = self._seen.get(targets, (0.0, None))
        if result is None or time.monotonic() - at > FRESH:
            with self.timer.pause():
                result = self.run.check(targets)
            self._seen[targets] = (time.monotonic(), result)
        return result

    def _refuse(self, result: Result) -> None:
        said = "; ".join(verdict.reason for verdict in result.unsynced)
        cure = "run syncguard doctor" if result.exit_code == COULD_NOT_CHECK else "run pytest --sync-stack"
        if self.policy == "skip":
            pytest.skip(f"{said}; {cure}")
        pytest.fail(f"{said}; {cure}", pytrace=False)


def obtain_stack(config: pytest.Config) -> SyncedStack:
    """What the fixture returns; syncs once for the whole run, in whichever process asks first."""
    hooks = config.stash[HOOKS]
    try:
        with hooks.timer.pause():
            failure = _synced_once(hooks.run)
            if failure is None:
                return _handle(hooks.run)
    except SyncguardError as error:
        pytest.fail(str(error), pytrace=False)
    nodeid = hooks.item.nodeid if hooks.item is not None else ""
    text, teller = failure
    if teller == xdist.worker_id(config) and hooks.told_to in (
        "",
        nodeid,
    ):  # once, and again if it is run again
        hooks.told_to = nodeid
        pytest.fail(text, pytrace=False)
    pytest.skip("the stack is not in sync: see the error of the first test that asked for synced_stack")


def _synced_once(run: SyncRun) -> tuple[str, str] | None:
    """Sync unless somebody of this run did; returns the failure's text and who met it, or None."""
    from filelock import FileLock

    note = run.note
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(note.with_suffix(".lock"), fallback_to_soft=False):
            if not note.exists():
                run.sync()
            told = json.loads(note.read_text())
    except OSError as error:
        raise SyncguardError(f"cannot write {note.parent}: {error.strerror}: make it writable") from None
    run.fixture_exit_code = told["code"]
    return (told["text"], told["by"]) if told["code"] else None


def _handle(run: SyncRun) -> SyncedStack:
    logs = StageLogs(run.project.settings)
    verdicts = run.check([Target("stack")]).verdicts
    stages = {
        verdict.target.name: SyncedStage(verdict.target.name, verdict, tuple(logs.all(verdict.target.name)))
        for verdict in verdicts
    }
    return SyncedStack(run.project.settings.stack.ui, stages)


def _unsynced_policy(config: pytest.Config) -> str:
    policy = str(config.getini("syncguard_unsynced"))
    if policy not in ("error", "skip") and not xdist.is_worker(config):
        raise pytest.UsageError(f'ini option syncguard_unsynced takes "error" or "skip", found "{policy}"')
    return policy
