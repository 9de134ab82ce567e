"""Files that cannot be read, folders that cannot be written: one line that says which and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bad_input.shop import COMMAND, PYTEST, Shop, as_anybody
from tests.bad_input.shop import read_only as read_only_disk

DOORS = {"sync": 1, "pytest": 11}
COMMANDS = {"sync": (*COMMAND, "sync"), "pytest": (*PYTEST, "--sync-stack", "test_shop.py")}
UNREADABLE = {
    "a source": ("client/source.txt", "cannot read client/source.txt: Permission denied; make it readable (chmod u+r)"),
    "the index of git": (".git/index", ".git/index: Permission denied; make it readable"),
    "the ledger": (".syncguard/ledger.sqlite3", "cannot use the ledger "),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read(case: str, fake: Shop) -> None:
    """It cannot be checked, so no test runs; the file is named with the cure. Doctor finds it and looks at the rest."""
    name, fault = UNREADABLE[case]
    assert fake.inside("sync").code == 0
    (fake.root / name).chmod(0)
    for door, code in DOORS.items():
        run = fake.through(door, preexec_fn=as_anybody)
        assert run.code == code
        assert len(run.telling(fault)) == 1
        assert not run.telling("SUCCESS")
    doctor = fake.syncguard("doctor", preexec_fn=as_anybody)

    assert doctor.code == 1
    found, _, cure = fault.partition("; ")
    assert [line for line in doctor.telling(found) if line.startswith("WRONG")]
    assert doctor.telling(cure)
    assert doctor.telling("fake stack: answers")


@pytest.mark.parametrize(("door", "code"), [*DOORS.items(), ("doctor", 1)])
def test_a_state_folder_that_cannot_be_read(door: str, code: int, shop: Shop) -> None:
    """The ledger in it may say anything, so nothing counts as synced."""
    shop.state.mkdir(mode=0)
    run = shop.through(door, preexec_fn=as_anybody)

    assert run.code == code
    assert len(run.telling("cannot use the ledger ")) == 1
    assert not run.telling("SUCCESS")


def test_settings_that_cannot_be_read(shop: Shop) -> None:
    """Through both doors."""
    (shop.root / "syncguard.toml").chmod(0)
    command, pytest_run = shop.syncguard("sync", preexec_fn=as_anybody), shop.pytest(preexec_fn=as_anybody)

    assert (command.code, pytest_run.code) == (1, 4)
    fault = "syncguard.toml: found Permission denied, required a file that can be read"
    assert command.faults == pytest_run.faults == [fault]


def test_a_folder_of_sources_that_cannot_be_read(plain: Shop) -> None:
    """Without git, too. What pytest makes of such a folder is its own affair."""
    (plain.root / "client").chmod(0)
    try:
        run = plain.syncguard("plan", preexec_fn=as_anybody)
    finally:
        (plain.root / "client").chmod(0o755)

    assert run.code == 1
    assert len(run.telling("cannot read client: Permission denied; make it readable")) == 1


def test_a_folder_that_must_not_be_written(fake: Shop) -> None:
    """Nothing is built where nothing can be recorded; what only looks works all the same."""
    fake.root.chmod(0o555)
    (fake.state / "fake").chmod(0o555)
    fake.state.chmod(0o555)
    for door, code in DOORS.items():
        run = fake.through(door, preexec_fn=as_anybody)
        assert run.code == code
        (told,) = run.telling(f"cannot lock the project: {fake.state}/")
        assert told.endswith(": Permission denied: correct its permissions")
    for command in ("plan", "status"):
        assert fake.syncguard(command, preexec_fn=as_anybody).code == 2
    fake.state.chmod(0o755)


def test_a_project_that_was_never_synced_and_must_not_be_written(shop: Shop) -> None:
    """The folder that would have to be made is named."""
    shop.root.chmod(0o555)
    run = shop.syncguard("sync", preexec_fn=as_anybody)

    assert run.code == 1
    assert len(run.telling(f"cannot lock the project: {shop.state}: Permission denied: correct its permissions")) == 1


@pytest.mark.usefixtures("mounts")
def test_a_read_only_disk(shop: Shop) -> None:
    """The same on a disk that takes nothing. Doctor tells the one fault once."""
    for door, code in DOORS.items():
        run = shop.run(*read_only_disk(shop.root), *COMMANDS[door])
        assert run.code == code
        fault = f"cannot lock the project: {shop.state}: Read-only file system: make it writable"
        assert len(run.telling(fault)) == 1
    doctor = shop.run(*read_only_disk(shop.root), *COMMAND, "doctor")

    assert doctor.code == 1
    (wrong,) = doctor.telling("WRONG")
    assert wrong.startswith("WRONG  writable: ")
    assert wrong.endswith(": Read-only file system")


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("door", DOORS)
def test_a_read_only_disk_with_nothing_to_do(door: str, shop: Shop) -> None:
    """What is in sync needs no writing."""
    assert shop.syncguard("sync").code == 0
    run = shop.run(*read_only_disk(shop.root), *COMMANDS[door])

    assert run.code == 0
    assert len(run.telling("SUCCESS: ")) == 1


IN_THE_WAY: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file": (lambda state: state.write_text("x"), ".syncguard: File exists: move away what stands there"),
    "a link to nowhere": (lambda state: state.symlink_to("nowhere"), ".syncguard: File exists: move away what stands"),
    "a folder for the lock": (
        lambda state: (state / "lock").mkdir(parents=True),
        ".syncguard/lock: Is a directory: move away the folder that stands where a file must be",
    ),
}


@pytest.mark.parametrize(("door", "code"), DOORS.items())
@pytest.mark.parametrize("case", IN_THE_WAY)
def test_a_state_folder_that_is_something_else(case: str, door: str, code: int, shop: Shop) -> None:
    """What stands in the way is named, and never removed."""
    lay, fault = IN_THE_WAY[case]
    lay(shop.state)
    run = shop.through(door)

    assert run.code == code
    assert len(run.telling(fault)) == 1
    assert os.path.lexists(shop.state)


@pytest.mark.parametrize("note", ["", "garbage{", "[1, 2]", '{"pid": 1}', '{"pid": "x", "what": 3, "since": "y"}'])
def test_a_lock_that_was_left_behind(note: str, fake: Shop) -> None:
    """A file is no lock, whatever it holds: nobody waits for the dead."""
    fake.write(".syncguard/lock", "4711")
    fake.write(".syncguard/lock.holder.json", note)

    assert fake.inside("plan").code == 2
    assert fake.inside("doctor").code == 0
    assert fake.inside("sync").code == 0
