"""The logs of stages and of failures: which are kept, and for how long."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pytest_syncguard.settings.model import Settings, StackSettings, Stage
from pytest_syncguard.stack.logs import KEPT, StageLogs

STAGES = (Stage("client", "client"), Stage("server", "server"))


def logs_in(root: Path) -> StageLogs:
    return StageLogs(Settings(root, stack=StackSettings(stages=STAGES)))


def test_a_stage_keeps_its_newest_logs(tmp_path: Path) -> None:
    """Twenty with the one that comes; those of other stages are not touched."""
    logs = logs_in(tmp_path)
    folder = tmp_path / ".syncguard" / "logs"
    folder.mkdir(parents=True)
    old = [folder / f"server.20260101T0000{number:02}-000000000.log" for number in range(30)]
    other = folder / "server-2.20250101T000000-000000000.log"
    for path in (*old, other):
        path.touch()

    logs.new("server").touch()

    assert len(logs.all("server")) == KEPT
    assert logs.all("server")[1:] == old[:-KEPT:-1]
    assert other.exists()


def test_git_sees_nothing_of_a_failure(tmp_path: Path) -> None:
    """In a folder that was made for its log; the user's own files there are seen, and a folder of theirs is theirs."""
    log = tmp_path / "stage.log"
    log.write_text("error: no\n")
    seen = {}
    for name in ("ours", "theirs"):
        root = tmp_path / name
        root.mkdir()
        subprocess.run(["git", "init", "-q", root], check=True)
        if name == "theirs":
            (root / "logs").mkdir()
        for _ in range(2):
            logs_in(root).keep_failure(log, ())
        (root / "logs" / "app.log").touch()
        seen[name] = subprocess.check_output(["git", "-C", root, "status", "-suall"], text=True).split()[1::2]

    assert seen["ours"] == ["logs/app.log"]
    assert len(seen["theirs"]) == 3


def test_failures_are_kept_for_each_stage_there_is(tmp_path: Path) -> None:
    """The newest stay, those of one second by their number; what is the user's is not touched."""
    folder = tmp_path / "logs"
    folder.mkdir()
    old = [folder / f"sync-error-20260101T0000{number:02}.log" for number in range(45)]
    twins = [folder / f"sync-error-20260101T000044-{number}.log" for number in range(2, 12)]
    mine = [folder / "server.log", folder / "sync-error-notes.log", folder / "sync-error-20200101T000000.log.gz"]
    for path in (*old, *twins, *mine):
        path.touch()
    log = tmp_path / "stage.log"
    log.write_text("error: no\n")

    kept = logs_in(tmp_path).keep_failure(log, ())

    left = {path for path in folder.iterdir() if path not in mine}
    assert left == {kept, *twins, *old[-(2 * KEPT - 11) :]}
    assert all(path.exists() for path in mine)
    assert kept.read_text() == "error: no\n"
