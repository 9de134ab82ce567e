"""Reports that go to files: JSON, GitHub's summary."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.note import Note, Told
from pytest_syncguard.report.github import annotate
from pytest_syncguard.report.json import document, forget, write
from pytest_syncguard.verdict import ERROR, SUCCESS, Evidence, Result, Status, Step, StepFinished, Target, Verdict

SERVER = Verdict(Target("stack", "server"), Status.FAILED, "it has 3% | of, what: <b>", (Evidence("no", "a.log", 7),))
CLIENT = Verdict(Target("stack", "client"), Status.SYNCED, "runs")
FAILED = Result(
    (CLIENT, SERVER),
    (StepFinished(step=Step(SERVER.target, "rebuild", "stale", 2), verdict=SERVER, seconds=1.2345, log="x.log"),),
    2.5,
    (CLIENT.target, SERVER.target),
    (Target("stack", "ui"),),
    ("mind the gap",),
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
        "not_asked": ["stack:ui"],
        "warnings": ["mind the gap"],
        "targets": [
            {"target": "stack:client", "verdict": "synced", "reason": "runs", "first_error": "", "evidence": []},
            {
                "target": "stack:server",
                "verdict": "failed",
                "reason": SERVER.reason,
                "first_error": "no",
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
                "first_error": "no",
                "seconds": 1.234,
                "log": "x.log",
            }
        ],
        "next": "syncguard logs server",
        "cure": "",
    }


def test_the_document_says_what_the_text_does_next() -> None:
    """The command, or the cure that the reason carries; neither when all is well."""
    outage = Result((Verdict(SERVER.target, Status.UNKNOWN, "no Tilt answers: start it with tilt up"),))
    found = [document(result) for result in (GOOD, FAILED, outage)]

    assert [(each["next"], each["cure"]) for each in found] == [
        ("", ""),
        ("syncguard logs server", ""),
        ("", "start it with tilt up"),
    ]


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


def test_the_report_of_an_older_run_goes(tmp_path: Path) -> None:
    """What this run did not find out, no file says; where there is none, nothing happens."""
    path = tmp_path / "report.json"
    write(path, document(GOOD))
    for _ in range(2):
        forget(path)
        assert list(tmp_path.iterdir()) == []
    forget(tmp_path / "nowhere" / "report.json")


def test_only_a_file_goes(tmp_path: Path) -> None:
    """A pipe, a folder and a link are the user's; a report is written through a link."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("of the user")
    (tmp_path / "link").symlink_to("file")
    for name in ("pipe", "folder", "link"):
        forget(tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "folder", "file", "link"}
    write(tmp_path / "link", document(GOOD))

    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "file").read_text())["synced"] is True


def test_an_old_report_that_stays_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may take it for this run's."""
    path = tmp_path / "report.json"
    path.write_text("{}")

    def refuse(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(SyncguardError, match=r"cannot remove the old report .*: Permission denied: choose another"):
        forget(path)


def test_github_annotations_and_summary(tmp_path: Path) -> None:
    """An error for each failure, escaped; a table of all verdicts, added to what is there."""
    summary, lines = tmp_path / "summary.md", list[str]()
    summary.write_text("before\n")
    annotate(FAILED, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}, lines.append)

    assert lines == ["::error title=server%3A failed::it has 3%25 | of, what: <b>: no"]
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
    Note(tmp_path, "r1").leave(told)

    assert Note(tmp_path, "r1").read() == told
    assert Note(tmp_path, "r2").read() is None


def test_notes_do_not_pile_up(tmp_path: Path) -> None:
    """Those of runs that ended more than a day ago go; a run that goes on keeps its own, however many come later."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    alive, ended, recent = (Note(tmp_path, run) for run in (f"{os.getpid()}-a", f"{gone.pid}-b", f"{gone.pid}-c"))
    for note in (alive, ended, recent):
        with note.alone("a sync"):
            note.leave(Told(GOOD))
    two_days_ago = time.time() - 2 * 24 * 3600
    for file in (tmp_path / "runs").iterdir():
        if recent.run not in file.name:
            os.utime(file, (two_days_ago, two_days_ago))
    for number in range(60):
        Note(tmp_path, f"{gone.pid}-{number}").leave(Told(GOOD))

    assert [note.read() for note in (alive, ended, recent)] == [Told(GOOD), None, Told(GOOD)]
    assert not list((tmp_path / "runs").glob(f"{ended.run}*"))
    assert len(list((tmp_path / "runs").glob(f"{gone.pid}-*.json"))) == 61


def test_who_waits_is_told_for_whom(tmp_path: Path) -> None:
    """Once: which process, what it does, since when."""
    told: list[str] = []
    note = Note(tmp_path, "r1")

    def wait() -> None:
        with note.alone("gw1", told.append):
            pass

    with note.alone("gw0 for test_a.py::test_x"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        while not told:
            time.sleep(0.01)
    waiting.join()

    assert [line.rpartition(", syncing since ")[0] for line in told] == [
        f"pid {os.getpid()} (gw0 for test_a.py::test_x)"
    ]


def test_a_note_that_is_half_there_is_none(tmp_path: Path) -> None:
    """Whoever cannot read it asks the guards itself."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "r.json").write_text('{"result": {')

    assert Note(tmp_path, "r").read() is None


def test_no_place_for_a_note_is_one_line(tmp_path: Path) -> None:
    """What cannot be locked is told as what it is."""
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(SyncguardError, match=r"cannot lock .*/file/runs: Not a directory: move away the file"),
        Note(tmp_path / "file", "r").alone("a sync"),
    ):
        raise AssertionError("not reached")
