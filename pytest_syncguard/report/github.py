"""GitHub Actions: an annotation for each failure, and a summary of the job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from pytest_syncguard.report.escape import github_data, github_property, markdown_cell
from pytest_syncguard.verdict import Result, Verdict


def annotate(result: Result, environ: Mapping[str, str], write_line: Callable[[str], None]) -> None:
    """Does nothing outside GitHub Actions."""
    if environ.get("GITHUB_ACTIONS") != "true":
        return
    if not result.synced:
        failed = [event.verdict for event in result.finished if not event.verdict.synced]
        for verdict in failed or result.unsynced:
            title = github_property(f"{verdict.target.short}: {verdict.status}")
            write_line(f"::error title={title}::{github_data(_said(verdict))}")
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        with suppress(OSError), Path(summary).open("a", encoding="utf-8") as file:
            file.write(_markdown(result))


def _said(verdict: Verdict) -> str:
    """The reason, and what it rests on: the line with the error, not merely the log that has it."""
    first = verdict.evidence[:1]
    return ": ".join([verdict.reason, *(each.text.strip() for each in first if each.line or not each.path)])


def _markdown(result: Result) -> str:
    rows = "".join(
        f"| {markdown_cell(str(verdict.target))} | {verdict.status} | {markdown_cell(verdict.reason)} |\n"
        for verdict in result.verdicts
    )
    return f"### syncguard\n\n{result.summary}\n\n| target | verdict | reason |\n|---|---|---|\n{rows}\n"
