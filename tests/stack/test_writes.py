"""Sources that are written while they are built, by real builds: one more build, or a failure that says the cure."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_syncguard import gate
from pytest_syncguard.report.json import document
from pytest_syncguard.settings.model import Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.process import ProcessDriver
from pytest_syncguard.stack.guard import StackGuard
from pytest_syncguard.stack.writes import stamps, written
from pytest_syncguard.verdict import Event, Result, Warned
from tests.stack.lab import git

WRITING = ("/usr/bin/env", "-u", "PYTHONDONTWRITEBYTECODE", sys.executable)  # Python that keeps what it compiles
NPM = ("npm", "install", "--offline", "--no-audit", "--no-fund")


@dataclass
class Shop:
    """A repository whose one stage is built by a command."""

    root: Path
    events: list[Event] = field(default_factory=list)

    def sync(self, *build: str, writes: tuple[str, ...] = ()) -> Result:
        stage = Stage("client", "client", build=build, writes=writes, one_shot=True, settle=0.0, timeout=60.0)
        settings = Settings(self.root, stack=StackSettings("process", stages=(stage,)))
        self.events.clear()
        return gate.sync([StackGuard(settings, ProcessDriver)], listeners=[self.events.append])

    def warned(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Warned)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "package.json").write_text(
        '{"name": "client", "version": "1.0.0", "dependencies": {"own": "file:own"}}'
    )
    (tmp_path / "own").mkdir()
    (tmp_path / "own/package.json").write_text('{"name": "own", "version": "1.0.0"}')
    (tmp_path / ".gitignore").write_text("node_modules/\nlogs/\n.syncguard/\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "begin")
    return Shop(tmp_path)


def serving(root: Path, *stages: Stage) -> StackGuard:
    return StackGuard(Settings(root, stack=StackSettings("process", stages=stages)), ProcessDriver)


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


@pytest.mark.skipif(not shutil.which("npm"), reason="needs npm on the PATH")
def test_npm_writes_its_lock_file_each_time(shop: Shop) -> None:
    """Without a word of it the stage fails and the cure is named; with that cure it is built once and synced."""
    failed = shop.sync(*NPM)
    cured = shop.sync(*NPM, writes=("package-lock.json",))

    assert failed.unsynced[0].reason == (
        "Step 1 FAILED: client: its sources were written under each of 3 builds (package-lock.json): let git "
        "ignore what its own build writes, or name what git keeps in writes = [...] of the stage; if it was not the "
        "build, wait until nothing edits them"
    )
    assert cured.synced
    assert shop.warned() == []


def test_a_lock_file_that_is_made_by_the_first_build_makes_for_one_more(shop: Shop) -> None:
    """As cargo makes Cargo.lock: the file is named, the second build finds it there and leaves it alone."""
    make = "import pathlib; lock = pathlib.Path('Cargo.lock'); lock.exists() or lock.write_text('1')"

    assert shop.sync(*python(make)).synced
    assert shop.warned() == ["the sources of client changed (Cargo.lock) while it was built: building it again"]


def test_a_source_that_each_build_changes_is_no_source(shop: Shop) -> None:
    """Whatever is said of writes: what is built is of other sources than those that are there."""
    make = "import pathlib, time; pathlib.Path('generated.rs').write_text(str(time.time_ns()))"

    reason = shop.sync(*python(make), writes=("generated.rs",)).unsynced[0].reason

    assert reason == (
        "Step 1 FAILED: client: its sources changed under each of 3 builds (generated.rs): wait until nothing "
        "edits them; what its own build makes of them, commit, let git ignore or leave out of sources"
    )


def test_writes_excuse_no_other_file(shop: Shop) -> None:
    """A file that is written and put back counts unless the globs cover it."""
    touch = "import os; os.utime('package.json'); os.utime('own/package.json')"

    assert not shop.sync(*python(touch), writes=("own/**",)).synced
    assert shop.warned() == ["package.json, a source of client, was written while it was built: building it again"] * 2
    assert shop.sync(*python(touch), writes=("**/package.json",)).synced


def test_what_running_the_program_makes_of_its_sources_is_none(tmp_path: Path) -> None:
    """Without sources and without .gitignore, a generator in Python and its user are built once and stay in sync."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "generate.py").write_text("import used, pathlib; pathlib.Path('made.py').write_text('x = 1')")
    (tmp_path / "used.py").write_text("")
    (tmp_path / "made.py").write_text("x = 1")
    (tmp_path / "serve.py").write_text("import made, time; print('listening', flush=True); time.sleep(600)")
    stages = [
        Stage("codegen", "codegen", build=(*WRITING, "generate.py"), writes=("made.py",), one_shot=True, settle=0.0),
        Stage("server", "server", needs=("codegen",), serve=(*WRITING, "serve.py"), success=("listening",), settle=0.0),
    ]
    guard = serving(tmp_path, *stages)
    try:
        first = gate.sync([guard])
        again = guard.plan(())
    finally:
        guard.down()

    assert first.synced
    assert first.warnings == ()
    assert [event.step.target.name for event in first.finished] == ["codegen", "server"]
    assert again.steps == ()
    assert list(tmp_path.glob("__pycache__/made.*.pyc"))


def test_what_undoes_each_sync_is_named_with_the_cure(tmp_path: Path) -> None:
    """A service that writes a source of another stage whenever it starts: no command that would only go round."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "serve.py").write_text(
        "import pathlib, time; pathlib.Path('state').write_text(str(time.time_ns())); print('listening', flush=True);"
        "time.sleep(600)"
    )
    client = Stage("client", "client", build=python("pass"), one_shot=True, settle=0.0)
    server = Stage(
        *("server", "server"),
        needs=("client",),
        sources=("serve.py",),
        serve=(*WRITING, "serve.py"),
        success=("listening",),
        settle=0.0,
    )
    guard = serving(tmp_path, client, server)
    try:
        found = document(gate.sync([guard]))
    finally:
        guard.down()

    cure = "let git ignore what builds and tests write, or take it out of sources; wait until nobody edits the rest"
    assert found["steps"][-1]["verdict_reason"] == (
        "Step 1 FAILED: client went out of sync again and again while it was synced "
        f"(1 file changed since the last sync: state): {cure}"
    )
    assert (found["next"], found["cure"], found["exit_code"]) == ("", cure, 2)


def test_the_stamp_of_a_link_is_that_of_its_file_too(tmp_path: Path) -> None:
    """What a link leads to counts, so it is seen when that is written and put back; of a folder, its files are."""
    (tmp_path / "file").write_text("1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "other").symlink_to("folder")
    before = stamps(tmp_path, [b"link", b"gone", b"other", b"nothing"])
    (tmp_path / "file").write_text("2")
    (tmp_path / "folder/new").write_text("1")
    after = stamps(tmp_path, [b"link", b"gone", b"other", b"nothing"])

    assert set(after) == {b"link", b"gone", b"other"}
    assert written(before, after) == ["link"]
    assert written(before, after, ["gone"]) == ["link"]
    assert written(before, after, ["l*"]) == []


SWAP = """
from pathlib import Path
import shutil, time
folder, away = Path({folder!r}), Path("away")
time.sleep(0.05)
folder.rename(away)
(folder / {below!r}).parent.mkdir(parents=True)
(folder / {below!r}).write_text("another")
Path("logs").mkdir(exist_ok=True)
Path("logs/artefact").write_text((folder / {below!r}).read_text())
shutil.rmtree(folder)
away.rename(folder)
"""


@pytest.mark.parametrize(("folder", "below"), [("own", "package.json"), ("deep", "er/source.txt")])
def test_a_folder_that_is_swapped_and_put_back_during_a_build_is_seen(shop: Shop, folder: str, below: str) -> None:
    """No file of it changes, and yet the build has read others."""
    source = shop.root / folder / below
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text("good")
    result = shop.sync(*python(SWAP.format(folder=folder, below=below)))

    assert (shop.root / "logs/artefact").read_text() == "another"
    assert not result.synced
    assert f"({folder}/)" in result.unsynced[0].reason


def test_a_build_that_makes_and_removes_files_among_its_sources_is_good(shop: Shop) -> None:
    """Its folders are written, not moved."""
    build = "from pathlib import Path; p = Path('own/made.tmp'); p.write_text('x'); p.unlink(); Path('own/d').mkdir()"
    assert shop.sync(*python(build + "; Path('own/d').rmdir()")).synced
