"""No room for logs, ledger or report: the sync fails with one line, and what happened is not lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bad_input.shop import CLIENT_BUILDS, COMMAND, PYTEST, Shop, as_anybody, files_up_to, small_disk

DOORS = {"sync": 1, "pytest": 11}
COMMANDS = {"sync": (*COMMAND, "sync"), "pytest": (*PYTEST, "--sync-stack", "test_shop.py")}
TALKS = f"[print('line', n, 'x' * 90) for n in range(9000)]; {CLIENT_BUILDS}"
MUCH = "".join(f"line {number} {'x' * 90}\n" for number in range(9000)) + "client is ready\n"
BROKEN = "".join(f"line {number} {'x' * 90}\n" for number in range(300)) + "error: it broke\n"


@pytest.mark.parametrize("door", DOORS)
def test_no_room_for_the_log_of_a_build(door: str, fake: Shop) -> None:
    """The sync fails with one line; the log is kept as far as there is room, its last lines are shown all the same."""
    fake.fake(MUCH)
    run = fake.through(door, preexec_fn=files_up_to(900_000))
    (full,) = run.telling("full log: ")

    assert run.code == DOORS[door]
    (told,) = run.telling("Step 1 UNKNOWN: client: its log cannot be written: ")
    assert "File too large: raise the limit of file sizes (ulimit -f)" in told
    assert run.telling("line 8999 ")
    assert len((fake.root / full.removeprefix("full log: ")).read_bytes()) == 900_000
    assert fake.recorded == set()


def test_no_room_for_what_a_command_prints(shop: Shop) -> None:
    """The same where the process driver starts the build: what was read is shown and kept, nothing is recorded."""
    shop.build(TALKS)
    run = shop.syncguard("sync", preexec_fn=files_up_to(200_000))
    (kept,) = (shop.root / "logs").glob("sync-error-*")

    assert run.code == 1
    (told,) = run.telling("Step 1 UNKNOWN: client: ")
    assert "log" in told
    assert "File too large" in told
    assert run.telling("line 1")
    assert "line 1" in kept.read_text()
    assert shop.recorded == set()


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("door", DOORS)
def test_a_full_disk_under_the_log_of_a_build(door: str, shop: Shop) -> None:
    """Where other folders still have room, the log is kept there to its last line."""
    shop.build(TALKS)
    run = shop.run(*small_disk("128k", shop.state), *COMMANDS[door])
    (kept,) = (shop.root / "logs").glob("sync-error-*")

    assert run.code == DOORS[door]
    (told,) = run.telling("Step 1 UNKNOWN: client: ")
    assert "No space left on device" in told
    shown = run.telling("line ")
    assert shown
    assert shown[-1] in kept.read_text()
    assert not run.telling("SUCCESS")


@pytest.mark.parametrize("door", DOORS)
def test_no_room_for_the_ledger(door: str, fake: Shop) -> None:
    """Before anything is built: a stage of which nothing can be recorded is not begun."""
    stack = fake.fake()
    run = fake.through(door, preexec_fn=files_up_to(8_000))

    assert run.code == DOORS[door]
    (told,) = run.telling("Step 1 UNKNOWN: client: cannot use the ledger ")
    assert told.endswith("make it and its folder writable, or free space on the disk")
    assert stack.builds == []
    assert fake.recorded == set()
    assert fake.inside("sync").code == 0


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("size", ["16k", "48k", "64k", "80k"])
def test_nothing_is_called_synced_that_is_not_recorded(size: str, shop: Shop) -> None:
    """Wherever the room ends: what the sync said and what the ledger says is the same."""
    script = f"{' '.join(COMMAND)} sync; {' '.join(COMMAND)} status --json"
    run = shop.run(*small_disk(size, shop.state), "sh", "-c", script)
    said = {name for name in ("client", "server") if run.telling(f"{name}: synced in")}
    recorded = {name for name in ("client", "server") if f'"{name} is built from its sources as they are"' in run.out}

    assert said == recorded
    assert bool(run.telling("SUCCESS: ")) == (len(said) == 2)


@pytest.mark.usefixtures("mounts")
def test_no_room_for_the_copy_of_a_failed_log(fake: Shop) -> None:
    """The log is left where it is, and named; half a copy does not stay."""
    fake.fake(BROKEN, "failed")
    script = f"{' '.join(COMMAND)} sync; echo code $?; ls logs"
    run = fake.run(*small_disk("4k", fake.root / "logs"), "sh", "-c", script)

    assert run.telling("code 2")
    assert len(run.telling("the log of client could not be copied to logs/: No space left on device")) == 1
    (full,) = run.telling("full log: ")
    assert "error: it broke" in (fake.root / full.removeprefix("full log: ")).read_text()
    assert not run.telling("sync-error-")


@pytest.mark.parametrize("door", DOORS)
def test_no_room_for_the_report(door: str, fake: Shop) -> None:
    """The sync is told in full, the report that could not be written in one line; no half of it stays."""
    (fake.root / "reports").mkdir()
    (fake.root / "reports").chmod(0o555)
    option = "--sync-report" if door == "pytest" else "--report"
    run = fake.run(*COMMANDS[door], f"{option}=reports/sync.json", preexec_fn=as_anybody)

    assert run.code == DOORS[door]
    assert len(run.telling("SUCCESS: " if door == "pytest" else "2. server: synced")) == 1
    fault = f"cannot write the report {fake.root}/reports/sync.json: Permission denied: choose another file"
    assert len(run.telling(fault)) == 1
    assert not list((fake.root / "reports").iterdir())


def test_a_report_into_a_full_device(fake: Shop) -> None:
    """A device is written to, and stays what it is."""
    run = fake.syncguard("sync", "--report=/dev/full")

    assert run.code == 1
    assert len(run.telling("cannot write the report /dev/full: No space left on device: choose another file")) == 1
    assert Path("/dev/full").is_char_device()
    assert fake.syncguard("sync", "--report=/dev/null").code == 0
    assert Path("/dev/null").is_char_device()
