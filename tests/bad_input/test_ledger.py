"""Ledgers that are none: kept aside, rebuilt, and said in one line; nothing is called synced that is not known."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_syncguard import ledger as ledger_module
from pytest_syncguard.ledger import Failed, Ledger, Synced
from tests.bad_input.shop import CLIENT_BUILDS, SETTINGS, Shop

LOOKING = {"plan": 2, "status": 2, "doctor": 1}
PAGE = 4096


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA user_version = 99")


def of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE bookmarks (url)")


def of_our_version(path: Path) -> None:
    of_another_program(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"PRAGMA user_version = {ledger_module.VERSION}")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "kept.txt").write_text("mine")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere/at/all")


LEDGERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "random bytes": (lambda path: path.write_bytes(b"\x07\xffgarbage" * 999), "file is not a database"),
    "half of it": (lambda path: path.write_bytes(path.read_bytes()[:10_000]), "database disk image is malformed"),
    "all but a byte": (lambda path: path.write_bytes(path.read_bytes()[:-1]), "it was cut off: "),
    "of a newer version": (newer, "version 99, of another syncguard"),
    "another program's": (of_another_program, "another program's database"),
    "another program's, of our version": (of_our_version, "no such table: synced"),
    "a folder": (folder, "it is no file"),
    "a pipe": (pipe, "it is no file"),
    "a link to nowhere": (link_to_nowhere, "it is no file"),
}


@pytest.mark.parametrize("case", LEDGERS)
def test_a_ledger_that_is_none(case: str, fake: Shop) -> None:
    """Whoever looks is told why all counts as never synced; the sync keeps it aside, and says under which name."""
    damage, why = LEDGERS[case]
    assert fake.inside("sync").code == 0
    ledger = fake.state / "ledger.sqlite3"
    damage(ledger)
    before = ledger.read_bytes() if ledger.is_file() else b""
    for look, code in LOOKING.items():
        looked = fake.inside(look)
        (told,) = looked.telling(f"the ledger {ledger} cannot be used ({why}")
        assert looked.code == code
        assert "): every stage counts as never synced" in told
    run = fake.inside("sync")
    (kept,) = fake.state.glob("ledger.sqlite3.kept-*")
    (said,) = run.telling("the ledger ")

    assert run.code == 0
    assert said.startswith(f"warning: the ledger could not be used ({why}")
    assert said.endswith(f"): it was kept as {kept}, and a new one was begun")
    assert (kept.read_bytes() if kept.is_file() else b"") == before
    assert fake.recorded == {"client", "server"}
    assert fake.inside("sync").out.splitlines()[:-1] == []


@pytest.mark.parametrize("case", ["half of it", "all but a byte", "of a newer version", "a folder"])
def test_a_ledger_that_is_none_in_a_pytest_run(case: str, fake: Shop) -> None:
    """The same line, once."""
    assert fake.inside("sync").code == 0
    LEDGERS[case][0](fake.state / "ledger.sqlite3")
    run = fake.pytest()
    (kept,) = fake.state.glob("ledger.sqlite3.kept-*")

    assert run.code == 0
    (said,) = run.telling("the ledger ")
    assert said.endswith(f"): it was kept as {kept}, and a new one was begun")


def test_an_empty_ledger(fake: Shop) -> None:
    """Killed before the first word was written: nothing to keep, nothing to say."""
    fake.write(".syncguard/ledger.sqlite3", b"")
    run = fake.inside("sync")

    assert run.code == 0
    assert not run.telling("ledger")


def test_a_ledger_cut_off_anywhere(tmp_path: Path) -> None:
    """After every 512 bytes: nothing is known that was not recorded, and the next word finds a sound ledger."""
    whole = Ledger(tmp_path / "whole")
    whole.record(Synced("client", "f1", "build 1", "tilt"), b"m" * 9000)
    whole.fail(Failed("server", "f2", "it broke"))
    data = whole.path.read_bytes()
    for size in range(0, len(data), 512):
        ledger = Ledger(tmp_path / str(size))
        ledger.path.parent.mkdir()
        ledger.path.write_bytes(data[:size])
        assert ledger.synced() == {}
        ledger.repair()
        ledger.record(Synced("server", "f3", "build 2", "tilt"))

        assert Ledger(ledger.path.parent).synced()["server"].fingerprint == "f3"
        assert bool(ledger.warnings) == (size > 0)
        for warning in ledger.warnings:
            (kept,) = ledger.path.parent.glob("*.kept-*")
            assert str(kept) in warning
            assert kept.read_bytes() == data[:size]


@pytest.mark.parametrize("at", range(0, 7 * PAGE, PAGE // 2))
def test_a_ledger_with_a_damaged_page(at: int, tmp_path: Path) -> None:
    """Zeroes from here to the end of the page: what is read is what was recorded, or it is damage; never a fault."""
    whole = Ledger(tmp_path)
    whole.record(Synced("client", "f1", "build 1", "tilt"), b"m" * 9000)
    whole.fail(Failed("server", "f2", "it broke"))
    known, data = whole.synced(), bytearray(whole.path.read_bytes())
    end = at - at % PAGE + PAGE
    assert end <= len(data)
    data[at:end] = bytes(end - at)
    whole.path.write_bytes(data)
    ledger = Ledger(tmp_path)

    assert ledger.synced().items() <= known.items()
    assert set(ledger.failed()) <= {"server"}
    ledger.record(Synced("server", "f3", "build 2", "tilt"))
    assert Ledger(tmp_path).synced()["server"].fingerprint == "f3"


def test_two_ledgers_kept_in_one_second(tmp_path: Path) -> None:
    """The second does not take the place of the first."""
    for number in (1, 2):
        ledger = Ledger(tmp_path)
        ledger.path.write_bytes(b"no ledger %d" % number)
        assert ledger.synced() == {}
        ledger.repair()

    assert sorted(path.read_bytes() for path in tmp_path.glob("*.kept-*")) == [b"no ledger 1", b"no ledger 2"]


@pytest.mark.parametrize("command", ["plan", "sync", "status", "doctor"])
def test_a_ledger_that_a_stranger_keeps_locked(command: str, fake: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be checked: that is told, with the cure, and nothing is built or set aside."""
    monkeypatch.setattr(ledger_module, "BUSY_LIMIT", 0.1)
    assert fake.inside("sync").code == 0
    fake.write("client/source.txt", "edited")
    with closing(sqlite3.connect(fake.state / "ledger.sqlite3", isolation_level=None)) as stranger:
        stranger.execute("BEGIN EXCLUSIVE")
        run = fake.inside(command)

    assert run.code == 1
    (told,) = run.telling("cannot use the ledger")
    assert told.endswith("ledger.sqlite3: another process has kept it locked for 0.1 s: end what has it open")
    assert not list(fake.state.glob("*.kept-*"))
    assert fake.inside("sync").code == 0


def test_a_ledger_that_a_stranger_reads(fake: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking goes on beside it; a sync that cannot record begins no build."""
    monkeypatch.setattr(ledger_module, "BUSY_LIMIT", 0.1)
    stack = fake.fake()
    assert fake.inside("sync").code == 0
    fake.write("client/source.txt", "edited")
    with closing(sqlite3.connect(fake.state / "ledger.sqlite3", isolation_level=None)) as stranger:
        stranger.execute("BEGIN")
        stranger.execute("SELECT * FROM synced").fetchall()
        looked, run = fake.inside("plan"), fake.inside("sync")

    assert looked.code == 2
    assert run.code == 1
    (told,) = run.telling("Step 1 UNKNOWN: client: cannot use the ledger")
    assert told.endswith("another process has kept it locked for 0.1 s: end what has it open")
    assert stack.builds == ["client", "server"]


def test_a_project_whose_folder_has_no_name_in_utf8(tmp_path: Path) -> None:
    """Bytes that are no text: the ledger lies there, and failures are recorded with their paths."""
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 ?%#"))
    root.mkdir()
    shop = Shop(root)
    for stage in ("client", "server"):
        shop.write(f"{stage}/source.txt", "as it was")
    shop.write("syncguard.toml", SETTINGS.replace(CLIENT_BUILDS, "raise SystemExit(3)"))

    assert shop.syncguard("sync").code == 2
    assert shop.syncguard("status").telling("the last sync of client failed: rebuild error")
    shop.settle()
    assert shop.syncguard("sync", "--report=report.json").code == 0
    assert shop.recorded == {"client", "server"}
