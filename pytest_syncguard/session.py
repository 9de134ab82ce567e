"""One sync within one pytest run: what each of its processes knows of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_syncguard import gate, xdist
from pytest_syncguard.ahead import start_folder, written_since
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.guards import others
from pytest_syncguard.lock import holder
from pytest_syncguard.note import Note, Told
from pytest_syncguard.others import reports
from pytest_syncguard.project import Project, open_project
from pytest_syncguard.report.escape import plain
from pytest_syncguard.report.terminal import TerminalBlock, write_line
from pytest_syncguard.settings.faults import listed
from pytest_syncguard.settings.find import CACHE
from pytest_syncguard.stack.fingerprint.reports import note, under_way
from pytest_syncguard.standing import Standing
from pytest_syncguard.verdict import (
    PYTEST_COULD_NOT_CHECK,
    PYTEST_OUT_OF_SYNC,
    Background,
    Event,
    Guard,
    Result,
    StepFinished,
    Stoppable,
    Target,
    shown_path,
)

if TYPE_CHECKING:
    from pytest_syncguard.signals import Terminated

RUN = pytest.StashKey["SyncRun"]()


def run_of(config: pytest.Config) -> SyncRun:
    """This process's part in the run, made when first asked for."""
    if RUN not in config.stash:
        config.stash[RUN] = SyncRun(config)
        config.pluginmanager.register(EndHooks(config.stash[RUN]), "syncguard-end")
    return config.stash[RUN]


class SyncRun:
    """What a pytest process knows of its sync."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.start = start_folder(config)
        self.result: Result | None = None
        self.exit_code = 0  # what the run must end with at least, whatever becomes of the tests
        self._heard = False
        self._standing: Standing | None = None  # since the sync before the tests
        option = config.option
        self.asked = bool(option.sync_stack or option.sync_stage or option.sync_force)
        self.whole = bool(option.sync_stack or not option.sync_stage)
        under_way(reports(config))

    @cached_property
    def project(self) -> Project:
        """The settings and hooks. Raises `SyncguardError`."""
        return open_project(self.start, self.config.hook, self._import)

    @cached_property
    def guards(self) -> list[Guard]:
        """Every guard of the project."""
        return self.project.guards(jobs=self.config.option.sync_jobs)

    @cached_property
    def note(self) -> Note:
        """Where the processes of this run tell each other what the sync came to."""
        return Note(self.project.settings.state, xdist.run_id(self.config))

    def prepare(self) -> None:
        """Find every fault there is in settings and options."""
        self.targets()
        if self.report_file is not None and self.report_file.is_dir():
            raise SyncguardError(f"--sync-report: found the folder {self.report_file}, required a file")

    def forget_report(self) -> None:
        """Whatever becomes of this run, the report of an older one does not speak for it."""
        if self.report_file is not None and not self.config.option.collectonly:
            from pytest_syncguard.report.json import forget

            forget(self.report_file)

    def targets(self) -> list[Target]:
        """What the options ask for; empty means everything."""
        named = gate.resolve(self.guards, self.config.option.sync_stage)
        return [] if self.whole else named

    @property
    def report_file(self) -> Path | None:
        """Where ``--sync-report`` goes."""
        file = self.config.option.sync_report
        return self.config.invocation_params.dir / file if file else None

    def look_around(self) -> None:
        """Begin to look at the sources, in the background."""
        for guard in self.guards:
            if isinstance(guard, Background):
                guard.start()

    def sync_before_tests(self) -> None:
        """What the options ask for. A look that was begun before this process wrote into the project is void."""
        targets = self.targets()
        if written_since(self.config):
            self.look_around()
        self.sync(targets, force=bool(self.config.option.sync_force))

    def sync_again(self) -> None:
        """The workers have collected: what they wrote on the way to the first test counts, too."""
        if self.result is not None and self.result.synced and not self.check(self.targets()).synced:
            self.sync(self.targets())

    def sync(self, targets: Sequence[Target] = (), *, force: bool = False, test: str = "") -> Told:
        """Bring these (none given: everything) in sync, and tell all who should know.

        A worker shows plain lines on stderr, for nothing else of it is seen; its controller tells the rest when
        the worker ends.
        """
        from pytest_syncguard.signals import Terminated, terminating

        worker = xdist.worker_id(self.config)
        block = TerminalBlock(self.config, worker)
        listeners = (block,) if worker else (block, self._tell_hook)
        result: Result | Terminated | KeyboardInterrupt
        try:
            with terminating():
                result = gate.sync(self.guards, targets, force=force, listeners=listeners)
        except (Terminated, KeyboardInterrupt) as signalled:
            result = signalled
        finally:
            block.clear()
        if not isinstance(result, Result):
            self._end_by(result)
        told = Told(result, worker, test, whole=not targets)
        self.note.leave(told)
        if not worker:
            self._standing = Standing(self.guards, result) if result.synced else None
            self._report(result)
            block.close(result, gated=not test)
        return told

    def look_back(self) -> None:
        """The tests have run: what was rebuilt meanwhile was not the same for all of them."""
        standing, self._standing = self._standing, None
        try:
            gone = standing.gone() if standing else []
        except SyncguardError as error:
            self.say(f"cannot tell whether all stayed in sync while these tests ran: {error}")
            self.exit_code = self.exit_code or PYTEST_COULD_NOT_CHECK
            return
        if gone:
            names = listed([target.name for target in gone])
            self.say(
                f"{names} {'was' if len(gone) == 1 else 'were'} synced again by another run, or the record of it was "
                "lost, while these tests ran: what they found may be of two builds: run them again"
            )
            self.exit_code = self.exit_code or PYTEST_OUT_OF_SYNC

    def hear(self, text: str) -> None:
        """On a controller: a worker met with this result in a fixture. The first to tell is enough."""
        told = Told.loads(text)
        self.exit_code = self.exit_code or told.result.pytest_exit_code
        if self._heard:
            return
        self._heard = True
        for event in told.result.finished:
            self._tell_hook(event)
        self._report(told.result)
        if told.result.synced:
            write_line(self.config, told.result.summary)

    def say(self, line: str) -> None:
        """One line for the user, from a worker, too."""
        write_line(self.config, f"syncguard: {line}", xdist.worker_id(self.config))

    def alone(self, test: str) -> AbstractContextManager[None]:
        """Within, no other process of this run syncs; the others see that this one does, for this test."""
        return self.note.alone(f"{xdist.worker_id(self.config) or 'pytest'} for {test}", self._say_for_whom)

    def wait_for_siblings(self, test: str) -> bool:
        """Wait for a sync that another process of this run has begun; whether there was one."""
        if not xdist.is_worker(self.config):
            return False
        return self.note.wait(f"{xdist.worker_id(self.config)} for {test}", self._say_for_whom)

    def _say_for_whom(self, holder: str) -> None:
        self.say(f"waiting for {plain(holder)}")

    def check(self, targets: Sequence[Target]) -> Result:
        """Whether these are in sync now; changes nothing."""
        return gate.check(self.guards, targets)

    def down(self) -> list[str]:
        """Stop what the guards started; a sync that is under way is waited for."""
        if who := holder(self.project.settings.state):
            self._say_for_whom(who)
        return [line for guard in self.guards if isinstance(guard, Stoppable) for line in guard.down()]

    def close(self) -> None:
        """Let go of helpers, if there are any."""
        for guard in self.__dict__.get("guards", ()):
            if isinstance(guard, Background):
                guard.close()

    def _import(self, plugin: str) -> None:
        """As ``-p`` does; pytest's own complaint would end a worker with an INTERNALERROR."""
        try:
            self.config.pluginmanager.import_plugin(plugin)
        except pytest.UsageError as error:
            raise ImportError(str(error)) from None
        except Exception as error:
            if error.__cause__ is None or not type(error).__module__.startswith("_pytest."):
                raise
            raise error.__cause__ from None  # what the module raised, which newer versions of pytest wrap

    def _tell_hook(self, event: Event) -> None:
        if isinstance(event, StepFinished):
            self._call("pytest_syncguard_stage_finished", event=event)

    def _call(self, hook: str, **given: object) -> None:
        """A hook that only hears; one that fails is told, and the run is not green."""
        try:
            with others(hook):
                getattr(self.config.hook, hook)(**given)
        except (SyncguardError, ImportError) as error:
            self.say(str(error))
            self.exit_code = self.exit_code or PYTEST_COULD_NOT_CHECK

    def _end_by(self, signalled: Terminated | KeyboardInterrupt) -> NoReturn:
        """A signal ended the sync, and what it started has been cleaned up: so ends the process.

        Anew, without the traceback: pytest breaks at one that ends in an instruction without a line of its own,
        such as the jump at the end of a loop.
        """
        worker = xdist.is_worker(self.config)  # pytest.exit in one would be an INTERNALERROR
        if isinstance(signalled, KeyboardInterrupt):
            if worker:
                raise KeyboardInterrupt
            pytest.exit("the sync was interrupted", returncode=pytest.ExitCode.INTERRUPTED)
        if worker:
            signal.signal(signalled.number, signal.SIG_DFL)
            os.kill(os.getpid(), signalled.number)
        pytest.exit(f"the sync was ended by {signalled}", returncode=signalled.code)

    def _report(self, result: Result) -> None:
        from pytest_syncguard.report import github, junit
        from pytest_syncguard.report.json import document, write

        self.result = result
        self._call("pytest_syncguard_report", result=result)
        junit.add_properties(self.config, result)
        github.annotate(result, os.environ, lambda line: write_line(self.config, line))
        if self.report_file is not None:
            try:
                write(self.report_file, document(result))
                note(self.project.settings.root, self.project.settings.state / CACHE, [self.report_file])
                self.say(f"report: {shown_path(str(self.report_file))}")
            except SyncguardError as error:
                self.say(str(error))
                self.exit_code = self.exit_code or PYTEST_COULD_NOT_CHECK


class EndHooks:
    """In each process that had to do with a sync."""

    def __init__(self, run: SyncRun) -> None:
        self._run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A sync that failed is never a green run, whatever became of the tests that asked for it; nor is one whose
        tests met two builds.
        """
        if session.testscollected:
            self._run.look_back()
        if self._run.exit_code and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = self._run.exit_code

    def pytest_unconfigure(self) -> None:
        self._run.close()
