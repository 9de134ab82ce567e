"""Reports that go to files: JSON, GitHub's summary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_syncguard.note import Note, Told
from pytest_syncguard.report.github import annotate
from pytest_syncguard.report.json import document, write
from pytest_syncguard.verdict import (
    ERROR,
    SUCCESS,
    Evidence,
    Result,
    Status,
    Step,
    StepFinished,
    SyncguardError,
    Target,
    Verdict,
)

SERVER = Verdict(Target("stack", "server"), Status.FAILED, "it has 3% | of, what: <b>", (Evidence("no", "a.log", 7),))
CLIENT = Verdict(Target("stack", "client"), Status.SYNCED, "runs")
FAILED = Result(
    (CLIENT, SERVER),
    (StepFinished(step=Step(SERVER.target, "rebuild", "stale", 2), verdict=SERVER, seconds=1.2345, log="x.log"),),
    2.5,
)
GOOD = Result((CLIENT,))


def test_the_document_says_all() -> None:
    """Verdicts with evidence, steps, the line, the exit code."""
    assert document(FAILED) == {
        "schema": 1,
        "synced": False,
        "exit_code": 2,
        "summary": ERROR.format(number=2),
        "seconds": 2.5,
        "targets": [
            {"target": "stack:client", "verdict": "synced", "reason": "runs", "evidence": []},
            {
                "target": "stack:server",
                "verdict": "failed",
                "reason": SERVER.reason,
                "evidence": [{"text": "no", "path": "a.log", "line": 7}],
            },
        ],
        "steps": [
            {
                "number": 2,
                "target": "stack:server",
                "action": "rebuild",
                "reason": "stale",
                "verdict": "failed",
                "verdict_reason": SERVER.reason,
                "seconds": 1.234,
                "log": "x.log",
            }
        ],
    }


def test_a_document_is_written_whole(tmp_path: Path) -> None:
    """Into a folder made for it, over an older one, without a trace of the writing."""
    path = tmp_path / "a" / "report.json"
    write(path, document(GOOD))
    write(path, document(FAILED))

    assert json.loads(path.read_text())["summary"] == ERROR.format(number=2)
    assert list(path.parent.iterdir()) == [path]


def test_a_document_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """What, where, what to do."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SyncguardError, match=r"cannot write the report .*file/x.json: .*: choose another file"):
        write(tmp_path / "file" / "x.json", document(GOOD))


def test_github_annotations_and_summary(tmp_path: Path) -> None:
    """An error for each failure, escaped; a table of all verdicts, added to what is there."""
    summary, lines = tmp_path / "summary.md", list[str]()
    summary.write_text("before\n")
    annotate(FAILED, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}, lines.append)

    assert lines == ["::error title=stack%3Aserver is failed::it has 3%25 | of, what: <b>"]
    assert summary.read_text().startswith("before\n### syncguard\n")
    assert "| stack:server | failed | it has 3% &#124; of, what: &#60;b&#62; |" in summary.read_text()


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "false", "GITHUB_STEP_SUMMARY": "summary.md"}])
def test_nothing_outside_github(environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere neither lines nor files."""
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    annotate(FAILED, environ, lines.append)

    assert (lines, list(tmp_path.iterdir())) == ([], [])


def test_success_annotates_nothing(tmp_path: Path) -> None:
    """A summary, and a folder that is not there does no harm."""
    lines: list[str] = []
    annotate(GOOD, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "x")}, lines.append)
    annotate(GOOD, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "x")}, lines.append)

    assert lines == []
    assert SUCCESS in (tmp_path / "x").read_text()


@pytest.mark.parametrize("result", [FAILED, GOOD, Result(())])
def test_what_is_told_through_a_note_arrives(result: Result, tmp_path: Path) -> None:
    """Another process of the run reads exactly what was left."""
    told = Told(result, "gw1", "test_a.py::test_x", whole=False)
    Note(tmp_path / "runs", "r1").leave(told)

    assert Note(tmp_path / "runs", "r1").read() == told
    assert Note(tmp_path / "runs", "r2").read() is None


def test_notes_do_not_pile_up(tmp_path: Path) -> None:
    """Those of older runs go."""
    for number in range(60):
        Note(tmp_path, f"r{number}").leave(Told(GOOD))

    assert len(list(tmp_path.iterdir())) == 40
    assert Note(tmp_path, "r59").read() == Told(GOOD)


def test_a_note_that_is_half_there_is_none(tmp_path: Path) -> None:
    """Whoever cannot read it asks the guards itself."""
    (tmp_path / "r.json").write_text('{"result": {')

    assert Note(tmp_path, "r").read() is None


def test_no_place_for_a_note_is_one_line(tmp_path: Path) -> None:
    """What cannot be locked is told as what it is."""
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(SyncguardError, match=r"cannot lock .*: make the folder writable"),
        Note(tmp_path / "file", "r").alone(),
    ):
        raise AssertionError("not reached")
