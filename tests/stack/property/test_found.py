"""What the property test found, each as a story of its own."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_syncguard.ledger import Ledger, Synced
from pytest_syncguard.testing.tilt import Build
from pytest_syncguard.verdict import StepFinished, Warned
from tests.stack.property.client import Lags
from tests.stack.property.scripts import BUILDS
from tests.stack.property.syncs import Sync
from tests.stack.property.world import Happening, Weather, World


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without git, which is much faster."""
    monkeypatch.setenv("PATH", "")
    return tmp_path / "project"


def test_an_error_that_is_read_before_it_arrives_stands_in_the_kept_log(root: Path) -> None:
    """The last lines, read once more, may hold an error that the follower gets later: the kept log shows it."""
    world = World(root, Weather(Lags(lines=0.2)))
    world.serve("server", "panics soon and stays")
    sync = Sync(world)

    sync.run()

    failed = sync.events[-2]
    assert isinstance(failed, StepFinished)
    assert failed.verdict.reason == "Step 2 FAILED: server rebuild error"
    assert Path(failed.log).read_text().splitlines()[-1] == "thread 'main' panicked at src/main.rs:1"
    assert failed.verdict.evidence[0].text == "thread 'main' panicked at src/main.rs:1"


def test_who_fails_without_a_word_leaves_a_log_all_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither build nor process printed anything: what is kept says which step failed, and why."""
    monkeypatch.setitem(BUILDS, "silent", Build())
    world = World(root, Weather())
    world.script("server", "silent")
    world.serve("server", "slowly up")
    world.expect([Happening(0.3, "crash", ("server",))])
    sync = Sync(world, ["server"])

    sync.run()

    failed = sync.events[-2]
    assert isinstance(failed, StepFinished)
    assert failed.verdict.reason == "Step 2 FAILED: server rebuild error"
    kept = Path(failed.log)
    assert kept.parent == world.settings.failure_logs
    assert kept.read_text().splitlines() == [failed.verdict.reason, *map(str, failed.verdict.evidence)]


def test_an_edit_that_is_taken_back_while_it_is_built_makes_the_result_stale(root: Path) -> None:
    """Before and after the build the sources are equal, and yet it was made of others: it is built again."""
    world = World(root, Weather())
    world.expect([Happening(0.0, "slip", ("client", "longer\n", 0.3))])
    sync = Sync(world)

    sync.run()

    warned = [event.message for event in sync.events if isinstance(event, Warned)]
    assert warned == ["client/source.txt, a source of client, was written while it was built: building it again"]
    assert world.builds()["client"] == 3  # the first is Tilt's own
    assert sync.result.synced
    assert not world.why_not_synced("client")


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.5])
def test_an_edit_that_is_taken_back_at_any_moment_is_noticed(root: Path, seconds: float) -> None:
    """The edit may fall into one build and its undoing into the next: neither of the two counts."""
    for moment in range(40):
        world = World(root / str(moment), Weather(Lags(states=0.2, call=0.07), 0.1, 0.1))
        world.expect([Happening(0.3 + moment * 0.03, "slip", ("server", "longer\n", seconds))])
        sync = Sync(world, ["server"])

        sync.run()

        assert sync.result.synced
        assert not world.why_not_synced("server"), f"an edit after {0.3 + moment * 0.03} seconds"


def test_edits_that_are_taken_back_during_two_builds_in_a_row_are_noticed(root: Path) -> None:
    """Somebody switches branches there and back while it is built, and once more while it is built again."""
    world = World(root, Weather())
    world.expect([Happening(at, "slip", ("server", "longer\n", 0.1)) for at in (0.05, 0.7)])
    sync = Sync(world, ["server"])

    sync.run()

    warned = [event.message for event in sync.events if isinstance(event, Warned)]
    assert warned == ["server/source.txt, a source of server, was written while it was built: building it again"] * 2
    assert sync.result.synced
    assert not world.why_not_synced("server")


def test_a_build_that_writes_its_sources_fails_with_the_cure(root: Path) -> None:
    """A generator that writes the same again looks like somebody who edits: it is built three times, no more."""
    world = World(root, Weather())
    generate_while_building(world, "server")
    before = world.builds()["server"]
    sync = Sync(world, ["server"])

    sync.run()

    assert world.builds()["server"] - before == 3
    assert sync.result.unsynced[0].reason == (
        "Step 2 FAILED: server: its sources were written under each of 3 builds (server/source.txt): let git "
        "ignore what its own build writes, or name what git keeps in writes = [...] of the stage; if it was not the "
        "build, wait until nothing edits them"
    )


def test_what_a_build_writes_is_named_in_its_stage(root: Path) -> None:
    """A generator that writes the same again makes for no other build, once that is said."""
    world = World(root, Weather())
    world.stages = tuple(stage._replace(writes=("*/source.txt",)) for stage in world.stages)
    generate_while_building(world, "server")
    before = world.builds()["server"]
    sync = Sync(world, ["server"])

    sync.run()

    assert sync.result.synced
    assert world.builds()["server"] - before == 1


def test_the_content_of_what_a_build_writes_counts(root: Path) -> None:
    """Whatever is said of its writes: a build that changes its sources each time is of none that are there."""
    world = World(root, Weather())
    world.stages = tuple(stage._replace(writes=("*/source.txt",)) for stage in world.stages)
    generate_while_building(world, "server", b"more\n")
    sync = Sync(world, ["server"])

    sync.run()

    assert sync.result.unsynced[0].reason == (
        "Step 2 FAILED: server: its sources changed under each of 3 builds (server/source.txt): wait until nothing "
        "edits them; what its own build makes of them, commit, let git ignore or leave out of sources"
    )
    warned = [event.message for event in sync.events if isinstance(event, Warned)]
    assert warned == ["the sources of server changed (server/source.txt) while it was built: building it again"] * 2


def generate_while_building(world: World, name: str, more: bytes = b"") -> None:
    """From now on each build of this resource writes its source anew: what it holds, and ``more``."""
    passed = world.journal.note_passed

    def write_and_pass(resource: str, content: str) -> None:
        if resource == name:
            source = world.root / name / "source.txt"
            source.write_bytes(source.read_bytes() + more)
        passed(resource, content)

    world.journal.note_passed = write_and_pass  # type: ignore[method-assign]


DAMAGES = {
    "no counter": "DELETE FROM serial",
    "another version, tables as ours": "PRAGMA user_version = 0",
    "needs that are no JSON": "UPDATE synced SET needs = '{'",
    "needs that are no table": "UPDATE synced SET needs = '7'",
    "a schema that is no text": """
        PRAGMA writable_schema = 1;
        UPDATE sqlite_master SET sql = CAST(x'c5ff' AS TEXT) WHERE name = 'failed';
    """,
    "a column of another name": """
        PRAGMA writable_schema = 1;
        UPDATE sqlite_master SET sql = replace(sql, 'serial INTEGER', 'sersal INTEGER') WHERE name = 'synced';
    """,
    "a table of another name": """
        PRAGMA writable_schema = 1;
        UPDATE sqlite_master SET name = 'faile1', tbl_name = 'faile1' WHERE name = 'failed';
    """,
    "text that is no text": "UPDATE synced SET build = CAST(x'ff' AS TEXT)",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_ledger_that_is_damaged_a_little_does_no_harm(tmp_path: Path, damage: str) -> None:
    """Whatever SQLite itself takes for sound: nothing is believed that is not, and the next success is kept."""
    ledger = Ledger(tmp_path)
    ledger.record(Synced("server", "print", "build", "tilt"))
    with contextlib.closing(sqlite3.connect(ledger.path, isolation_level=None)) as db:
        db.executescript(DAMAGES[damage])

    read = Ledger(tmp_path).synced()
    Ledger(tmp_path).record(Synced("server", "new print", "new build", "tilt", needs={"client": 1}))

    assert "server" not in read or damage in ("no counter", "text that is no text")
    assert Ledger(tmp_path).synced()["server"].build == "new build"


def test_a_damaged_index_of_the_ledger_does_not_keep_the_old_beside_the_new(tmp_path: Path) -> None:
    """A row that its index does not lead to is not replaced by the next success, and would count beside it."""
    ledger = Ledger(tmp_path)
    ledger.record(Synced("server", "print", "build", "tilt"))
    with contextlib.closing(sqlite3.connect(ledger.path)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_synced_1'").fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
    data = bytearray(ledger.path.read_bytes())
    data[(page - 1) * size : page * size] = data[(page - 1) * size : page * size].replace(b"server", b"servex")
    ledger.path.write_bytes(data)

    Ledger(tmp_path).record(Synced("server", "new print", "new build", "tilt"))

    with contextlib.closing(sqlite3.connect(ledger.path)) as db:
        assert db.execute("SELECT build FROM synced").fetchall() == [("new build",)]


def test_what_a_killed_writer_left_half_done_is_undone_by_a_reader(tmp_path: Path) -> None:
    """A process that dies within a transaction leaves a journal: the ledger says what it said before."""
    ledger = Ledger(tmp_path)
    ledger.record(Synced("server", "print", "build", "tilt"))
    die = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA cache_size = 1')\n"  # what is changed goes to the file before the end
        "db.execute('BEGIN IMMEDIATE')\n"
        "db.execute('DELETE FROM synced')\n"
        "db.execute(\"INSERT INTO failed VALUES ('x', '', ?, '', 0, 0)\", ('y' * 1_000_000,))\n"
        "os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", die, str(ledger.path)]).returncode == 9
    assert ledger.path.with_name("ledger.sqlite3-journal").exists()

    assert Ledger(tmp_path).synced()["server"].build == "build"
    assert Ledger(tmp_path).failed() == {}


def test_a_damaged_list_of_files_does_not_hide_that_they_changed(root: Path) -> None:
    """Which files changed is a courtesy; without it the stage is stale all the same."""
    world = World(root, Weather())
    Sync(world).run()
    with contextlib.closing(sqlite3.connect(world.ledger, isolation_level=None)) as db:
        db.execute("UPDATE synced SET manifest = x'00'")
    world.edit("server", "source.txt", "b\n")

    verdicts = {verdict.target.name: verdict.reason for verdict in world.plan().verdicts}

    assert verdicts["server"] == "server is stale: its sources changed since the last sync"
