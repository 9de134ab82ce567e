"""``syncguard logs``: what a stage wrote."""

from __future__ import annotations

import io
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_syncguard.cli.call import Call, Count, shared
from pytest_syncguard.cli.ending import INTERRUPTED
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.report.escape import plain
from pytest_syncguard.verdict import shown_path

if TYPE_CHECKING:
    from pytest_syncguard.project import Project
    from pytest_syncguard.settings.model import Stage
    from pytest_syncguard.stack.drivers.base import Driver
    from pytest_syncguard.stack.logs import StageLogs

POLL = 0.1  # seconds between two looks at a log that is followed
CHUNK = 1 << 16


@click.command("logs", short_help="Print the log of a stage's last sync.")
@click.argument("stage")
@click.option("-f", "--follow", is_flag=True, help="Go on printing, through the next syncs too, until Ctrl-C.")
@click.option("-n", "--lines", type=Count(min=0), metavar="N", help="Begin with the last N lines.")
@click.option("--driver", "of_driver", is_flag=True, help="What the driver still has, also of the time after the sync.")
@shared
def command(call: Call, stage: str, follow: bool, lines: int | None, of_driver: bool) -> int:
    """Print the log of a stage's last sync; if there was none, what the driver has.

    Exit codes: 0 printed, 1 no such stage, or no log.
    """
    from pytest_syncguard.cli.silence import older, since
    from pytest_syncguard.stack.drivers.said import log_of_driver
    from pytest_syncguard.stack.logs import StageLogs

    if follow and (call.json or of_driver):
        raise click.UsageError(f"--follow cannot be combined with {'--json' if call.json else '--driver'}")
    project = call.project()
    known = stage_of(project, stage)
    logs = StageLogs(project.settings)
    newest = [] if of_driver else logs.all(known.name)
    note = "" if of_driver else older(project.settings, known.name, newest[0] if newest else None)
    if follow:
        _note(note if newest else "")
        try:
            _follow(logs, known.name, lines)
        except KeyboardInterrupt:  # how following ends, and nothing to tell
            return INTERRUPTED
    data = _last(io.BytesIO(_of_driver(project, known)), lines) if not newest else _of_file(newest[0], lines)
    if newest and not note:
        note = since(project.settings, known, _driver(project))
    _note(note)
    if call.json:
        text = data.decode(errors="replace").splitlines()
        path = str(newest[0]) if newest else ""
        more = log_of_driver(known.name)
        following = {"next": more if more in note else "", "cure": ""}
        call.answer({"stage": known.name, "exit_code": 0, "path": path, "note": note, "lines": text, **following}, ())
    else:
        _Output().write(data, whole=True)
    return 0


def _note(note: str) -> None:
    """What is no line of the log goes to stderr, before it."""
    if note:
        print(f"syncguard: {plain(note)}", file=sys.stderr, flush=True)


def stage_of(project: Project, name: str) -> Stage:
    """The stage of that name, or `SyncguardError` with the nearest right one."""
    from pytest_syncguard.settings.faults import did_you_mean, listed, quoted
    from pytest_syncguard.verdict import Target

    stages = {stage.name: stage for stage in project.settings.stack.stages}
    target = Target.parse(name)
    if target.kind == "stack" and target.name in stages:
        return stages[target.name]
    hint = did_you_mean(target.name or name, stages) or f"the stages are {listed(list(stages))}"
    where = shown_path(project.settings.source) if project.settings.source else "the settings"
    raise SyncguardError(f"no stage {quoted(name)} in {where}: {hint}")


def _of_driver(project: Project, stage: Stage) -> bytes:
    from pytest_syncguard.cli.silence import no_log

    driver = _driver(project)
    if found := driver.log(stage):
        return found
    raise no_log(project.settings, stage, driver)


def _driver(project: Project) -> Driver:
    from pytest_syncguard.guards import driver_factory

    return driver_factory(project.settings.stack.driver, project.hook)(project.settings)


def _of_file(path: Path, lines: int | None) -> bytes:
    with path.open("rb") as file:
        return _last(file, lines)


def _last(file: io.BufferedIOBase, lines: int | None) -> bytes:
    """The last lines of a stream, in memory that does not grow with the rest of it; None: all."""
    return file.read() if lines is None else b"".join(deque(file, maxlen=lines))


def _follow(logs: StageLogs, stage: str, lines: int | None) -> None:
    """Print the newest log as it grows, then the next one, until a signal ends it."""
    output = _Output()
    path = _newest(logs, stage, None)
    while True:
        with path.open("rb") as file:
            output.write(_last(file, lines))
            following = path
            while following == path:
                time.sleep(POLL)
                following = _newest(logs, stage, path)
                for chunk in _rest(file):  # after the look for a newer one: nothing of this is missed
                    output.write(chunk)
        path, lines = following, None


def _newest(logs: StageLogs, stage: str, known: Path | None) -> Path:
    """The newest log there is; without any, waits for the first."""
    told = False
    while not (found := logs.all(stage)):
        if known is not None:
            return known
        if not told:
            print(f"syncguard: no log of {stage} yet, waiting for its next sync", file=sys.stderr, flush=True)
            told = True
        time.sleep(POLL)
    return found[0]


def _rest(file: io.BufferedIOBase) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


class _Output:
    """Byte for byte into a file or pipe; harmless, line by line, to a terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._half = b""

    def write(self, data: bytes, *, whole: bool = False) -> None:
        """``whole``: a last line without an end is printed too."""
        if not self._terminal:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        *lines, self._half = (self._half + data).split(b"\n")
        if whole and self._half:
            lines, self._half = [*lines, self._half], b""
        for line in lines:
            print(plain(line.decode(errors="replace")))
        sys.stdout.flush()
