"""A sync in pytest's terminal. Without one (``-p no:terminal``) its outcome goes to stderr."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import pytest

from pytest_syncguard.report.text import Live, TextReport, closing_lines
from pytest_syncguard.verdict import Event, Result


class TerminalBlock:
    """Listens to a sync; writes only what is worth a line, and closes with the line that sums it up.

    On a terminal there are live lines. With ``-q`` there are plain ones, with ``-qq`` or without pytest's terminal
    only what is out of the ordinary. ``worker`` is the name of the worker that this process is, if it is one.
    """

    def __init__(self, config: pytest.Config, worker: str = "") -> None:
        self._config = config
        reporter, verbosity = _reporter(config), config.get_verbosity()
        draws = _can_draw(reporter) and verbosity >= 0 and not worker
        self._live = Live(config.get_terminal_writer()) if draws else None
        quiet = verbosity < -1 or reporter is None
        self._report = TextReport(lambda line: write_line(config, line, worker), live=self._live, quiet=quiet)

    def __call__(self, event: Event) -> None:
        with _uncaptured(self._config):
            if self._live is not None:
                _begin_line(self._config)  # what is drawn over must be ours from its first column
            self._report(event)

    def clear(self) -> None:
        """Take off what was drawn: the sync is over, however it ended."""
        if self._live is not None:
            with _uncaptured(self._config):
                self._live.clear()

    def close(self, result: Result, *, gated: bool) -> None:
        """The outcome: all of it where nobody else tells it. ``gated``: the run ends here if it is a failure."""
        if result.synced:
            for line in closing_lines(result):
                write_line(self._config, line)
        elif gated and _hides_errors(self._config):
            for line in failure_text(result).splitlines():
                write_line(self._config, line)


class Block(NamedTuple):
    """A failure as pytest's reports want it: text, and one line for the short summary."""

    result: Result

    def __str__(self) -> str:
        return failure_text(self.result)

    @property
    def reprcrash(self) -> Crash:
        """What the short summary says."""
        return Crash(failure_text(self.result).partition("\n")[0])

    def toterminal(self, tw: Any) -> None:
        """The text, line by line, each exactly as it is."""
        for line in str(self).splitlines():
            tw.line(line)


class Crash(NamedTuple):
    """One line."""

    message: str

    def __str__(self) -> str:
        return self.message


def failure_text(result: Result) -> str:
    """The block that tells what is wrong, ended by the line that scripts read."""
    lines = TextReport(lambda _: None).failure_lines(result)
    return "\n".join([*lines, *closing_lines(result)])


def write_line(config: pytest.Config, line: str, worker: str = "") -> None:
    """One line in pytest's terminal, or on stderr when it has none; a worker's terminal is seen by nobody."""
    reporter = _reporter(config)
    with _uncaptured(config):
        if reporter is None or worker:
            print(f"[{worker}] {line}" if worker else line, file=sys.stderr, flush=True)
        else:
            _begin_line(config)
            reporter.write_line(line)
            reporter.flush()


def _begin_line(config: pytest.Config) -> None:
    """Behind dots, or the name of a test file, go to a line of our own."""
    _reporter(config).ensure_newline()
    writer = config.get_terminal_writer()
    if writer.width_of_current_line:
        writer.line()


def _reporter(config: pytest.Config) -> Any:
    return config.pluginmanager.getplugin("terminalreporter")


def _can_draw(reporter: Any) -> bool:
    return bool(getattr(reporter, "isatty", False)) and os.environ.get("TERM") != "dumb"


def _hides_errors(config: pytest.Config) -> bool:
    """Whether pytest will not show the text of an error in the end."""
    option = config.option
    told = _reporter(config) is not None and getattr(option, "tbstyle", "auto") != "no"
    return not told or getattr(option, "no_summary", False)


def _uncaptured(config: pytest.Config) -> AbstractContextManager[None]:
    """Within a fixture pytest captures what is written; a sync must be seen while it lasts."""
    capture = config.pluginmanager.getplugin("capturemanager")
    return capture.global_and_fixture_disabled() if capture is not None else nullcontext()
