"""``syncguard down``: stop what syncguard started, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pytest_syncguard.cli.call import Call, shared
from pytest_syncguard.lock import SyncLock, holder
from pytest_syncguard.report.escape import plain


@click.command("down", short_help="Stop what syncguard started, and nothing else.")
@shared
def command(call: Call) -> int:
    """Stop what syncguard started, and nothing else.

    When the settings are broken, the processes that it started are stopped all the same, and the faults told.
    Exit codes: 0 stopped, or nothing ran; 1 an error.
    """
    from pytest_syncguard.settings.faults import SettingsError
    from pytest_syncguard.verdict import Stoppable

    try:
        project = call.project()
    except SettingsError as error:
        stopped = _without_settings(call)
        if not call.json:
            call.answer({}, stopped)
        cure = "only what the process driver had started was stopped: correct the settings, then run it again"
        raise SettingsError([*error.faults, cure] if stopped else error.faults) from None
    _say_for_whom(project.settings.state)
    guards = [guard for guard in project.guards() if isinstance(guard, Stoppable)]
    stopped = [sentence for guard in guards for sentence in guard.down()]
    call.answer({"exit_code": 0, "stopped": stopped}, stopped or ["nothing to stop"])
    return 0


def _without_settings(call: Call) -> Sequence[str]:
    """The process driver knows from its own records what it started."""
    from pytest_syncguard.settings.find import STATE, find_source
    from pytest_syncguard.settings.model import Settings
    from pytest_syncguard.stack.drivers.process import ProcessDriver

    source = find_source(call.start)
    if source is None or not (source.parent / STATE).is_dir():
        return []
    settings = Settings(source.parent, source)
    _say_for_whom(settings.state)
    with SyncLock(settings.state):
        return ProcessDriver(settings).down([])


def _say_for_whom(state: Path) -> None:
    """A sync that is under way is waited for: say so, on stderr."""
    if who := holder(state):
        print(f"syncguard: waiting for {plain(who)}", file=sys.stderr, flush=True)
