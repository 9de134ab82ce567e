"""A sync in pytest's terminal. Without one (``-p no:terminal``) what went wrong goes to stderr."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pytest_syncguard.report.text import Live, TextReport
from pytest_syncguard.verdict import Event, Result


class TerminalBlock:
    """Listens to a sync; writes only what is worth a line, and closes with the line that sums it up."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        quiet = config.get_verbosity() < 0
        reporter = _reporter(config)
        live = Live(config.get_terminal_writer()) if _on_terminal(reporter) and not quiet else None
        self._live = live
        self._report = TextReport(lambda line: write_line(config, line), live=live, quiet=quiet)

    def __call__(self, event: Event) -> None:
        with _uncaptured(self._config):
            self._report(event)

    def close(self, result: Result) -> None:
        with _uncaptured(self._config):
            if self._live is not None:
                self._live.clear()
            if result.synced:
                write_line(self._config, f"syncguard: {result.summary}")
            elif _reporter(self._config) is None:
                print(failure_text(result), file=sys.stderr)


def failure_text(result: Result) -> str:
    """The block that tells what is wrong, ended by the line that scripts read."""
    lines = TextReport(lambda _: None).failure_lines(result)
    return "\n".join([*lines, result.summary])


def write_line(config: pytest.Config, line: str) -> None:
    """One line in pytest's terminal, nowhere when it has none."""
    if (reporter := _reporter(config)) is not None:
        reporter.ensure_newline()
        reporter.write_line(line)


def _reporter(config: pytest.Config) -> Any:
    return config.pluginmanager.getplugin("terminalreporter")


def _on_terminal(reporter: Any) -> bool:
    return reporter is not None and bool(getattr(reporter, "isatty", False))


def _uncaptured(config: pytest.Config) -> Any:
    """Within a fixture pytest captures what is written; a sync must be seen while it lasts."""
    from contextlib import nullcontext

    capture = config.pluginmanager.getplugin("capturemanager")
    return capture.global_and_fixture_disabled() if capture is not None else nullcontext()
