"""What single tests ask for: the marker `requires_synced` and the fixture `synced_stack`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_syncguard import gate, xdist
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.handle import SyncedStack, SyncedStage
from pytest_syncguard.lock import SyncLock
from pytest_syncguard.misspelt import MARKER, looks_like_ours
from pytest_syncguard.note import Told
from pytest_syncguard.report.cure import DOCTOR, cure_of
from pytest_syncguard.report.outage import Outages
from pytest_syncguard.report.terminal import failure_text
from pytest_syncguard.session import SyncRun, run_of
from pytest_syncguard.settings.find import find_source
from pytest_syncguard.stack.logs import StageLogs
from pytest_syncguard.timeouts import TimerPause, timer_of
from pytest_syncguard.verdict import COULD_NOT_CHECK, Evidence, Result, Status, Target, Verdict

if TYPE_CHECKING:
    from _pytest.fixtures import SubRequest

HOOKS = pytest.StashKey["ItemHooks"]()


def watch_items(config: pytest.Config, marked: Sequence[pytest.Item]) -> None:
    """Some collected tests ask for something: check their words, and be there when they run."""
    hooks = hooks_of(config)
    faults = [fault for item in marked if (fault := hooks.fault(item))]
    if faults and not xdist.is_worker(config):  # a worker must not raise here: its tests tell it, one by one
        raise pytest.UsageError(*dict.fromkeys(line for fault in faults for line in fault.splitlines()))


def hooks_of(config: pytest.Config) -> ItemHooks:
    """This process's hooks for single tests, registered when first asked for."""
    if HOOKS not in config.stash:
        config.stash[HOOKS] = hooks = ItemHooks(
            run_of(config), timer_of(config), str(config.getini("syncguard_unsynced"))
        )
        config.pluginmanager.register(hooks, "syncguard-items")
    return config.stash[HOOKS]


class ItemHooks:
    """Checks marked tests where they run, and remembers to which test the fixture's failure was told."""

    def __init__(self, run: SyncRun, timer: TimerPause, policy: str) -> None:
        self.run = run
        self.timer = timer
        self.test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]  # may be the first that asks
        self.told: Told | None = None
        self._failed: list[SubRequest] = []
        self._policy = policy
        self._faults: dict[tuple[object, ...], SyncguardError | None] = {}
        self._misspelt: dict[str, bool] = {}
        self._checked: list[pytest.Mark] = []  # of the test that runs

    def fault(self, item: pytest.Item) -> str:
        """What is wrong with the item's markers, or with the settings; empty when nothing is."""
        for mark in item.iter_markers():
            if mark.name != MARKER:
                if self._is_misspelt(mark.name):
                    said = 'if it is yours, add it to the ini option "markers"'
                    return f'{item.nodeid}: no marker "{mark.name}" is registered: did you mean "{MARKER}"? {said}'
                continue
            if mark.kwargs or not all(isinstance(name, str) for name in mark.args):
                given = ", ".join([*map(repr, mark.args), *(f"{key}={value!r}" for key, value in mark.kwargs.items())])
                return f"{item.nodeid}: {MARKER}({given}): required names of targets, each a string"
            if mark.args not in self._faults:
                self._faults[mark.args] = self._unknown_name(mark.args)
            if fault := self._faults[mark.args]:
                lines = str(fault).splitlines()
                of_the_mark = isinstance(fault, gate.NoSuchTarget) or len(lines) == 1
                return "\n".join(f"{item.nodeid}: {MARKER}: {line}" if of_the_mark else line for line in lines)
        return ""

    def _is_misspelt(self, name: str) -> bool:
        """Whether a marker was meant to be ours: it looks like it, nobody has registered it, and there is a stack."""
        if name not in self._misspelt:
            config = self.run.config
            foreign = not looks_like_ours(name) or name in _registered(config)
            self._misspelt[name] = not foreign and find_source(self.run.start) is not None
        return self._misspelt[name]

    def _unknown_name(self, names: Sequence[str]) -> SyncguardError | None:
        try:
            gate.resolve(self.run.guards, names or ["stack"])
        except SyncguardError as error:
            return error
        return None

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """After a test was found to be skipped, before its first fixture."""
        self.test = item.nodeid
        self._forget()
        self._checked = []
        self.check(item)

    def check(self, item: pytest.Item) -> None:
        """Whether the test may run, as far as its markers were not checked before."""
        if fault := self.fault(item):
            pytest.fail(fault, pytrace=False)
        marks = [mark for mark in item.iter_markers(MARKER) if mark not in self._checked]
        if not marks:
            return
        self._checked += marks
        names = [name for mark in marks for name in mark.args or ["stack"]]
        with self.timer.pause():
            result = self._result(gate.resolve(self.run.guards, names))
        if not result.synced:
            self._refuse(result)

    def _result(self, targets: Sequence[Target]) -> Result:
        """Where a sync for the fixture of another worker is under way, what it comes to is what counts."""
        result = self.run.check(targets)
        return result if result.synced or not self.run.wait_for_siblings(self.test) else self.run.check(targets)

    def failing(self, request: pytest.FixtureRequest) -> None:
        """The fixture fails, and with it those that asked for it, named as arguments or while they ran."""
        self._failed += _chain(request)

    def _forget(self) -> None:
        """A fixture's failure is kept by pytest, and told to all that ask: ours is told once, to one test."""
        for request in self._failed:
            kept = request._fixturedef.cached_result  # noqa: SLF001  no public name leads to a fixture by its request
            if kept is not None and kept[2] is not None:
                request._fixturedef.finish(request)  # noqa: SLF001
        self._failed.clear()

    def _refuse(self, result: Result) -> None:
        outages = Outages(result.unsynced)
        others = [verdict.reason for verdict in result.unsynced if verdict.target not in outages]
        said = "; ".join([*outages.lines, *others])
        if result.exit_code != COULD_NOT_CHECK:
            said = f"{said}; {self._next(said)}"
        elif not all(map(cure_of, result.unsynced)):
            said = f"{said}; run {DOCTOR}"
        if self._policy == "skip":
            raise pytest.skip.Exception(said, _use_item_location=True)  # the test's place, not this one
        pytest.fail(said, pytrace=False)

    def _next(self, said: str) -> str:
        """A sync, unless somebody is at it already."""
        if not (syncing := SyncLock(self.run.project.settings.state).other_holder()):
            return "run pytest --sync-stack"
        return f"wait for {'it' if syncing in said else syncing} to end, and run the test again"


def obtain_stack(request: pytest.FixtureRequest) -> SyncedStack:
    """What the fixture returns; syncs once for the whole run, in whichever process asks first."""
    config = request.config
    hooks = hooks_of(config)
    with hooks.timer.pause():
        told = _synced_once(hooks)
        if told.result.synced:
            now = hooks.run.check([Target("stack")])
            if now.synced:
                return _handle(hooks.run, now)
            told = hooks.told = Told(now, xdist.worker_id(config), hooks.test)
    hooks.failing(request)
    hooks.run.exit_code = told.result.pytest_exit_code
    if (told.by, told.test) == (xdist.worker_id(config), hooks.test):  # once, and again if it is run again
        pytest.fail(failure_text(told.result), pytrace=False)
    pytest.skip(f"the stack is not in sync: see the error of {told.test or 'the sync'}")


def _synced_once(hooks: ItemHooks) -> Told:
    """Sync unless somebody of this run did. What cannot be asked at all, each process tells for itself."""
    if hooks.told is not None:
        return hooks.told
    run = hooks.run
    try:
        with run.alone(hooks.test):
            told = run.note.read()
            if told is None or (told.result.synced and not told.whole):
                told = run.sync(test=hooks.test)
    except SyncguardError as error:
        verdict = _unasked(str(error).splitlines())
        told = Told(Result((verdict,)), xdist.worker_id(run.config), hooks.test)
    if told.by:
        xdist.tell_controller(run.config, told.dumps())
    hooks.told = told
    return told


def _unasked(faults: Sequence[str]) -> Verdict:
    """Why nothing could be asked; of settings every fault."""
    if len(faults) == 1:
        return Verdict(Target("stack"), Status.UNKNOWN, faults[0])
    reason = f"the stack has {len(faults)} faults in its settings: correct them"
    return Verdict(Target("stack"), Status.UNKNOWN, reason, tuple(map(Evidence, faults)))


def _registered(config: pytest.Config) -> set[str]:
    """The markers that anybody has registered, read from their lines as pytest does."""
    return {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}


def _chain(request: pytest.FixtureRequest) -> Iterator[SubRequest]:
    """The request of a fixture, and those of the fixtures on whose behalf it was made."""
    from _pytest.fixtures import SubRequest

    while isinstance(request, SubRequest):
        yield request
        request = request._parent_request  # noqa: SLF001


def _handle(run: SyncRun, now: Result) -> SyncedStack:
    logs = StageLogs(run.project.settings)
    names = {verdict.target.name: verdict for verdict in now.verdicts}
    stages = {name: SyncedStage(name, verdict, tuple(logs.all(name))) for name, verdict in names.items()}
    return SyncedStack(run.project.settings.stack.ui, stages)
