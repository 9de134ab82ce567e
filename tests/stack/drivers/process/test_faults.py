"""Folders that cannot be written, disks that are full, records that make no sense: one line, and no lie."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Phase
from pytest_syncguard.stack.drivers.process.record import Record, Stand, Store, file_name
from tests.stack.drivers.process.project import FOR_EVER, Project

# Triggers a stage where no file may grow, as on a full disk.
FULL_DISK = """
import pickle, resource, sys
settings, stage = pickle.loads(sys.stdin.buffer.read())
from pytest_syncguard.stack.drivers.process import ProcessDriver
from pytest_syncguard.errors import SyncguardError
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    ProcessDriver(settings).trigger(stage)
except SyncguardError as error:
    sys.exit(f"told: {error}")
"""


@pytest.fixture
def full_log(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs go to a device that is always full."""
    new_record = project.driver._new_record

    def on_full_disk(stage: Stage) -> Record:
        record = new_record(stage)
        (project.root / "full").symlink_to("/dev/full")
        return record._replace(log=str(project.root / "full"))

    monkeypatch.setattr(project.driver, "_new_record", on_full_disk)
    monkeypatch.setattr(Path, "touch", lambda *_, **__: None)


def test_a_state_folder_that_cannot_be_made_is_one_line(project: Project) -> None:
    """A file stands where the folder should be."""
    project.settings.state.write_text("in the way")

    with pytest.raises(SyncguardError) as fault:
        project.trigger(project.stage(build="print('built')"))
    assert str(fault.value).startswith(
        f'the process driver cannot use {project.settings.state} for stage "server" (Not a directory: '
    )
    assert str(fault.value).endswith("): make room there, and make it writable for you")
    assert "\n" not in str(fault.value)


def test_a_disk_that_is_full_before_the_build_is_one_line(project: Project) -> None:
    """Nothing is started when not even the record can be written."""
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK],
        input=pickle.dumps((project.settings, project.stage(build="print('built')"))),
        capture_output=True,
        timeout=30,
    )

    assert run.stderr.decode().startswith("told: the process driver cannot use ")
    assert "(File too large): make room there" in run.stderr.decode()
    assert len(run.stderr.decode().splitlines()) == 1


def test_a_disk_that_fills_up_during_the_build_makes_it_unknown(project: Project, full_log: None) -> None:
    """What cannot be kept cannot be judged: the build is ended, with the reason and the cure; it did not fail."""
    seen = project.follow(project.stage(build=f"print('built')\n{FOR_EVER}"), lambda seen: seen.last.reason != "")

    assert Phase.LOST is seen.last.phase
    log = project.root / "full"
    assert f"cannot write the log {log}: No space left on device: free space on its disk" == seen.last.reason


def test_a_disk_that_fills_up_later_makes_the_attempt_lost(project: Project, full_log: None) -> None:
    """A served process goes on, but nobody may call it good: its lines are lost."""
    stage = project.stage(serve=f"print('serving')\n{FOR_EVER}")
    seen = project.follow(stage, lambda seen: seen.last.phase is Phase.LOST)

    assert "No space left on device" in seen.last.reason
    assert project.child().is_running()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"stage": 3}', "\x00\xff"])
def test_a_record_that_makes_no_sense_is_no_record(project: Project, text: str) -> None:
    """A torn or foreign file says nothing, and the stage can be built again."""
    stage = project.stage(build="print('built')")
    project.store.run.mkdir(parents=True)
    (project.store.run / "server.json").write_text(text, encoding="latin-1")

    assert project.observe(stage).reason == "the process driver has not built it yet"
    assert project.driver.down([]) == []
    project.follow(stage)
    assert project.observe(stage).up


def test_a_state_that_cannot_be_read_is_unknown(project: Project) -> None:
    """An outage is not drift."""
    (project.store.run / "server.json").mkdir(parents=True)

    found = project.observe(project.stage(build="print()"))
    assert found.unknown
    assert not found.up


def test_a_record_comes_back_as_it_was_written(project: Project) -> None:
    """Everything that the next run needs survives the file."""
    record = project.serve(project.stage(serve=FOR_EVER))

    assert record == Record.parse(record.text())
    assert record.child is not None
    assert record.child.alive


def test_whoever_was_replaced_writes_no_more(project: Project) -> None:
    """The keeper of an older build cannot speak over the newer one."""
    store = Store(project.settings.state)
    old, new = Record("server", "1", "log"), Record("server", "2", "log")
    store.put(old)
    store.put(new)

    assert not store.update(old._replace(stand=Stand.DONE))
    assert new == store.load("server")
    assert store.update(new._replace(stand=Stand.DONE))


NAMES = [
    "server",
    "Server",
    "SERVER",
    "ser ver",
    "ser-ver",
    "../../etc/passwd",
    "a/b",
    "a\\b",
    ".",
    "..",
    "",
    "ünï",
    "x" * 300,
    "x" * 301,
    "con~",
    "server.json",
    "a\nb",
    "a\tb",
]


def test_every_stage_has_a_file_of_its_own() -> None:
    """Odd names lead nowhere else and to nobody else's file, in any letter case."""
    files = [file_name(name) for name in NAMES]

    assert len(NAMES) == len({name.lower() for name in files})
    assert not [name for name in files if not name or set(name) & set("/\\.\n\t ") or len(name) > 80]
    assert file_name("server") == "server"


def test_stages_with_odd_names_are_built_and_served(project: Project) -> None:
    """A name is only a name."""
    stage = project.stage("../odd name", serve=FOR_EVER)
    project.serve(stage)

    assert project.observe(stage).up
    assert all(path.resolve().is_relative_to(project.settings.state) for path in project.settings.state.rglob("*"))
