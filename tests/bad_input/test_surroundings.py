"""What a process takes for granted, taken away: a locale, streams, a folder, a home, a PATH."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bad_input.shop import CLIENT_BUILDS, COMMAND, PYTEST, SETTINGS, Shop, environment

ASCII = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING=None)
DOORS = {"sync": (*COMMAND, "sync"), "pytest": (*PYTEST, "--sync-stack", "test_shop.py")}
FAILED = {"sync": 2, "pytest": 10}


# --- a locale that knows only ASCII


@pytest.mark.parametrize("door", DOORS)
def test_names_that_the_locale_cannot_tell(door: str, fake: Shop) -> None:
    """Sources may be called anything: they count, and their names are shown somehow."""
    odd = fake.root / os.fsdecode(b"client/caf\xe9")
    odd.write_text("x")
    fake.write("client/käse.txt", "x")
    assert fake.through(door, env=ASCII).code == 0
    odd.write_text("y")
    fake.write("client/käse.txt", "y")
    plan, status = fake.through("plan", env=ASCII), fake.through("status", env=ASCII)

    assert (plan.code, status.code) == (2, 2)
    (told,) = plan.telling("client is stale: 2 files changed since the last sync: ")
    assert told.isascii()
    assert fake.through("plan").telling("client is stale: 2 files changed")


@pytest.mark.parametrize("door", DOORS)
def test_a_log_that_the_locale_cannot_tell(door: str, fake: Shop) -> None:
    """The error is shown somehow, and the log is kept as it was."""
    fake.fake("✓ käse\nerror: käse ✗\n")
    run = fake.through(door, env=ASCII)
    (kept,) = (fake.root / "logs").glob("sync-error-*")

    assert run.code == FAILED[door]
    assert run.telling("Step 1 FAILED: client rebuild error")
    assert [line for line in run.telling("error: k") if line.isascii()]
    assert kept.read_text(encoding="utf-8") == "✓ käse\nerror: käse ✗\n"


def test_settings_that_the_locale_cannot_tell_to_a_command(shop: Shop) -> None:
    """One line, with the cure; with that cure it works."""
    shop.settle(CLIENT_BUILDS, f"{CLIENT_BUILDS}; print('käse')")
    command, pytest_run = shop.syncguard("sync", env=ASCII), shop.pytest(env=ASCII)

    assert (command.code, pytest_run.code) == (1, 4)
    for run in (command, pytest_run):
        (told,) = run.faults
        assert told.endswith("required what commands can be told in this locale (ascii): set LC_ALL=C.UTF-8")
    assert shop.syncguard("sync", env=environment(LC_ALL="C.UTF-8")).code == 0


def test_a_project_in_a_folder_that_the_locale_cannot_tell(tmp_path: Path) -> None:
    """Its ledger and logs lie there all the same."""
    root = tmp_path / "käse ✗"
    root.mkdir()
    shop = Shop(root)
    for stage in ("client", "server"):
        shop.write(f"{stage}/source.txt", "as it was")
    shop.write("syncguard.toml", SETTINGS)

    assert shop.syncguard("sync", env=ASCII).code == 0
    assert shop.recorded == {"client", "server"}


# --- streams


def closing(*handles: int) -> Callable[[], None]:
    """Before exec: these are closed."""

    def close() -> None:
        for handle in handles:
            os.close(handle)

    return close


@pytest.mark.parametrize("handles", [(0,), (1,), (2,), (0, 1, 2)])
def test_streams_that_are_closed(handles: tuple[int, ...], fake: Shop) -> None:
    """The verdict is in the exit code all the same, and no file of ours takes a stream's place."""
    quiet = {"capture_output": False, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for code, log in ((0, "client is ready\n"), (2, "error: it broke\n")):
        fake.fake(log)
        assert fake.syncguard("sync", "--force", preexec_fn=closing(*handles), **quiet).code == code
    ledger = (fake.state / "ledger.sqlite3").read_bytes()

    assert ledger.startswith(b"SQLite format 3\0")
    assert b"SUCCESS" not in ledger


@pytest.mark.parametrize("command", ["plan", "sync", "status", "doctor"])
def test_output_into_a_full_device(command: str, fake: Shop) -> None:
    """Told once on stderr; the exit code makes no claim to be in sync."""
    with Path("/dev/full").open("wb") as full:
        run = fake.syncguard(command, capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert run.code == 1
    assert run.lines == ["syncguard: error: writing the output: No space left on device: free space on its disk"]


@pytest.mark.parametrize("command", ["plan", "sync", "status", "doctor"])
def test_complaints_into_a_full_device(command: str, fake: Shop) -> None:
    """What cannot be told is not; the exit code is what it would be."""
    fake.write("syncguard.toml", "[stack]\ndriver = 7\n")
    with Path("/dev/full").open("wb") as full:
        run = fake.syncguard(command, capture_output=False, stdout=full, stderr=full)

    assert run.code == 1


def test_a_reader_that_reads_nothing(fake: Shop) -> None:
    """Of a pipe that nobody empties, whatever a sync prints fits in: it does not wait for a reader."""
    reader, writer = os.pipe()
    try:
        run = fake.syncguard("sync", capture_output=False, stdout=writer, stderr=writer)
    finally:
        os.close(reader)
        os.close(writer)

    assert run.code == 0


# --- a folder, a home, a PATH


def removing(folder: Path) -> Callable[[], None]:
    """Before exec: the current folder is one that is gone."""

    def remove() -> None:
        folder.mkdir()
        os.chdir(folder)
        folder.rmdir()

    return remove


@pytest.mark.parametrize("command", ["plan", "sync", "status", "doctor", "down", "init", "logs client"])
def test_a_current_folder_that_is_gone(command: str, tmp_path: Path, fake: Shop) -> None:
    """One line that says so."""
    run = fake.syncguard(*command.split(), preexec_fn=removing(tmp_path / "gone"))

    assert run.code == 1
    assert len(run.telling("the current folder does not exist any more: change to another")) == 1


def test_a_current_folder_that_is_gone_is_not_needed(tmp_path: Path, fake: Shop) -> None:
    """With another given."""
    assert fake.syncguard("sync", "-C", str(fake.root), preexec_fn=removing(tmp_path / "gone")).code == 0


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("missing", ["HOME", "PATH", "TERM", "USER"])
def test_a_variable_that_is_not_set(missing: str, door: str, fake: Shop) -> None:
    """None is needed, but for those by which a driver's programs are found."""
    assert fake.through(door, env=environment(**{missing: None})).code == 0


@pytest.mark.parametrize("door", DOORS)
def test_no_environment_at_all(door: str, fake: Shop) -> None:
    """But for what lets Python find this package here."""
    kept = ("PYTHONPATH", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    env = {name: value for name, value in environment().items() if name in kept}

    assert fake.through(door, env=env).code == 0


@pytest.mark.parametrize("path", ["", "/nowhere", "client"])
def test_a_path_that_leads_nowhere(path: str, shop: Shop) -> None:
    """A program that is not found is named with its cure; that sources are hashed without git is told, too."""
    shop.settle('build = ["', 'build = ["no-such-program", "')
    run = shop.syncguard("sync", env=environment(PATH=path))

    assert run.code == 2
    assert len(run.telling("build command not found: no-such-program (install it or change build of")) == 1
    assert len(run.telling("no git on the PATH, though ")) == 1
