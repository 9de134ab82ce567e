"""``syncguard sync``: bring it in sync, say little."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_syncguard.cli.call import Call, Count, say, shared, show
from pytest_syncguard.cli.ending import complain
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.verdict import COULD_NOT_CHECK, ERROR

if TYPE_CHECKING:
    from pytest_syncguard.gate import Listener
    from pytest_syncguard.project import Project
    from pytest_syncguard.report.text import TextReport
    from pytest_syncguard.verdict import Event, Result


@click.command("sync", short_help="Rebuild what is out of sync, in order; stop at the first failure.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--force", is_flag=True, help="Rebuild also what is in sync.")
@click.option(
    "--jobs",
    type=Count(min=1),
    default=1,
    metavar="N",
    help="Rebuild up to N stages side by side where they are independent (default: 1).",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the result to FILE as JSON, too.",
)
@shared
def command(call: Call, names: tuple[str, ...], force: bool, jobs: int, report: Path | None) -> int:
    """Bring these targets (default: everything) and what they need in sync.

    The last line begins with SUCCESS or ERROR. Exit codes: 0 in sync, 1 could not check, 2 out of sync.
    """
    from pytest_syncguard import gate
    from pytest_syncguard.report.json import document, forget

    if report is not None:
        forget(report.absolute())
    project = call.project()
    with ExitStack() as stack:
        stack.callback(ask_ahead(project))
        guards = stack.enter_context(project.looking(jobs))
        text = _text(call, stack)
        hooks = Hooks(project.hook)
        listeners: list[Listener] = [hooks.tell, *([text] if text else [])]
        result = gate.sync(guards, gate.resolve(guards, names), force=force, listeners=listeners)
    hooks.call("pytest_syncguard_report", result=result)
    unwritten = _write(report, document(result), project) if report is not None else ""
    faults = [*hooks.faults, *filter(None, (unwritten,))]
    code = COULD_NOT_CHECK if faults else result.exit_code
    summary = ERROR.format(number=0) if faults and result.synced else result.summary  # the code's, in words
    if text is None:
        wrong = {"errors": faults} if faults else {}
        show({**document(result), "exit_code": code, "summary": summary, **wrong})
    else:
        if report is not None and not unwritten:
            say(f"report: {report}")
        _tell(text, result, summary)
    complain(*faults)
    return code


def ask_ahead(project: Project) -> Callable[[], None]:
    """Tilt takes longest to answer, so it is asked first; what is returned ends that. A plugin may bring another
    driver, or have a hand in what runs, so with one all goes its way.
    """
    settings = project.settings
    if settings.stack.driver != "tilt" or settings.plugins or not settings.stack.stages:
        return lambda: None
    from pytest_syncguard.stack.drivers.tilt.ahead import begin

    return begin(settings.stack.tilt)


def _write(report: Path, found: dict[str, Any], project: Project) -> str:
    """Why it cannot be written, if so: the result is told all the same."""
    from pytest_syncguard.report.json import write
    from pytest_syncguard.settings.find import CACHE
    from pytest_syncguard.stack.fingerprint.reports import note

    try:
        write(report.absolute(), found)
        note(project.settings.root, project.settings.state / CACHE, [report])
    except SyncguardError as error:
        return str(error)
    return ""


def _text(call: Call, stack: ExitStack) -> TextReport | None:
    """The report for a person: on a terminal with live lines, elsewhere with a plain one when a step begins, too."""
    if call.json:
        return None
    from pytest_syncguard.report.text import Live, TextReport

    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return TextReport(say)
    live = Live(sys.stdout)
    stack.callback(live.clear)
    return TextReport(say, live=live)


class Hooks:
    """The plugins that hear of a sync; ``faults`` are those of hooks that failed."""

    def __init__(self, hook: Any) -> None:
        self._hook = hook
        self.faults: list[str] = []

    def tell(self, event: Event) -> None:
        """Of each step that ended."""
        from pytest_syncguard.verdict import StepFinished

        if isinstance(event, StepFinished):
            self.call("pytest_syncguard_stage_finished", event=event)

    def call(self, hook: str, **given: object) -> None:
        """One of them that only hears."""
        from pytest_syncguard.guards import others

        try:
            with others(hook):
                getattr(self._hook, hook)(**given)
        except (SyncguardError, ImportError) as error:
            self.faults.append(str(error))


def _tell(report: TextReport, result: Result, summary: str) -> None:
    from pytest_syncguard.report.text import closing_lines

    if not result.synced:
        for line in report.failure_lines(result):
            say(line)
    *before, _ = closing_lines(result)
    for line in (*before, summary):
        say(line)
