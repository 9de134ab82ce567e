"""``syncguard doctor``: what is missing or wrong, and the cure."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import pytest

from pytest_syncguard.lock import SyncLock
from tests.cli.project import Outcome, Project


def found(done: Outcome) -> dict[str, tuple[bool, str, str]]:
    """Each check by its name."""
    return {check["name"]: (check["ok"], check["found"], check["cure"]) for check in done.json["checks"]}


def test_a_sound_project(project: Project) -> None:
    """Everything is looked at, the driver's own checks among it."""
    done = project.run("doctor", "--json")
    checks = found(done)

    assert done.code == done.json["exit_code"] == 0
    assert all(ok for ok, _, _ in checks.values())
    assert checks["pytest"][1] == metadata.version("pytest")
    assert checks["pytest-xdist"][1] == metadata.version("pytest-xdist")
    assert checks["settings"][1] == "syncguard.toml, 2 stages"
    assert checks["sources"][1] == "files: client 1, server 1"
    assert checks["git"][1].startswith(f"{project.root} is not a git repository: sources are hashed one by one")
    assert (checks["ledger"][1], checks["lock"][1], checks["guards"][1]) == ("0 stages were synced", "free", "stack")
    assert checks["shelf 9"][1] == "open"


def test_what_is_wrong_comes_with_its_cure(project: Project) -> None:
    """One line for what was found, one for what to do."""
    project.write("shelf/closed", "")
    done = project.run("doctor")

    assert done.code == 1
    assert done.lines[-3:] == [
        "WRONG  shelf 9: closed",
        "       cure: open it",
        "next: cure this, then run syncguard doctor again",
    ]


def test_what_to_do_when_all_is_well(project: Project) -> None:
    """The way on is named for whoever has just set it up."""
    done = project.run("doctor")

    assert done.code == 0
    assert done.lines[-1] == "next: syncguard plan says what a sync would do, syncguard sync does it"


def test_every_fault_of_the_settings(project: Project) -> None:
    """Settings that cannot be used are one check for each fault."""
    project.write("syncguard.toml", "[stack]\ndrivr = 1\n[[stack.stage]]\nname = 'a'\ntimeout = '-1s'\n")
    done = project.run("doctor")
    wrong = [line for line in done.lines if line.startswith("WRONG  settings: ")]

    assert done.code == 1
    assert any('did you mean "driver"?' in line for line in wrong)
    assert any("timeout" in line for line in wrong)


def test_no_settings_at_all(empty: Project) -> None:
    """The way to a first file is named, and is the cure: there is no file to correct."""
    done = empty.run("doctor", "--json")
    ok, said, cure = found(done)["settings"]

    assert (done.code, ok, cure) == (1, False, "run syncguard init")
    assert said.endswith("run `syncguard init`")


def test_sources_that_match_nothing(project: Project) -> None:
    """A glob with a typing mistake is wrong here, a warning elsewhere."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace('"server/**"', '"sever/**"'))
    done = project.run("doctor", "--json")

    assert done.code == 1
    assert found(done)["sources"] == (
        False,
        'stage "server": sources "sever/**" matches no file',
        "correct sources = [...] of the stage",
    )


def test_a_plugin_that_cannot_be_imported(project: Project) -> None:
    """Named, with what to do."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace("shelf_plugin", "no_such_module"))
    done = project.run("doctor", "--json")

    assert done.code == 1
    assert not found(done)["plugins"][0]
    assert 'plugin "no_such_module" of the settings cannot be imported' in found(done)["plugins"][1]


def test_what_needs_no_plugin_is_looked_at_though_one_is_broken(empty: Project) -> None:
    """One fault hides no other."""
    empty.write("boom.py", "def (:")
    stage = '[[stack.stage]]\nname = "a"\none_shot = true\nbuild = ["no-such-program"]\n'
    empty.write("syncguard.toml", f'plugins = ["boom"]\n{stage}')
    checks = found(empty.run("doctor", "--json"))

    assert "SyntaxError" in checks["plugins"][1]
    assert checks["settings"][0]
    assert checks["build of a"][1] == "no-such-program not found"


def test_a_broken_ledger(project: Project) -> None:
    """What is no ledger is told before a sync sets it aside."""
    project.write(".syncguard/ledger.sqlite3", "no database")
    done = project.run("doctor", "--json")
    ok, said, cure = found(done)["ledger"]

    assert (done.code, ok) == (1, False)
    assert "cannot be used" in said
    assert cure == "run syncguard sync: it keeps this one aside and begins anew"


def test_an_empty_ledger_is_a_new_one(project: Project) -> None:
    """A sync that was killed before its first entry, or found the disk full, leaves an empty file: no fault."""
    project.write(".syncguard/ledger.sqlite3", "")
    done = project.run("doctor", "--json")

    assert (done.code, found(done)["ledger"][1]) == (0, "0 stages were synced")


def test_who_holds_the_lock(project: Project) -> None:
    """A sync under way is no fault; its process is named, and is not disturbed."""
    with SyncLock(project.root / ".syncguard"):
        done = project.call("doctor", "--json")
        again = project.call("doctor", "--json")

    assert done.code == 0
    assert found(done)["lock"][1] == found(again)["lock"][1]
    assert found(done)["lock"][1].startswith(f"held by pid {os.getpid()} ")


def test_a_state_folder_that_cannot_be_written(project: Project) -> None:
    """A file in its place is found by trying, whoever asks."""
    project.write(".syncguard", "a file, no folder")
    done = project.run("doctor", "--json")

    assert (done.code, done.err) == (1, "")
    assert found(done)["writable"][:2] == (False, ".syncguard: Not a directory")


def test_no_git(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slower, not wrong."""
    monkeypatch.setenv("PATH", str(tmp_path))
    done = project.run("doctor", "--json")

    assert done.code == 0
    assert found(done)["git"][0]
    assert found(done)["git"][1].startswith("not installed: sources are hashed one by one")


def test_a_requirement_that_is_not_met(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is too old, or not there, is named with the command that installs it."""
    monkeypatch.setattr(
        metadata, "requires", lambda _: ["pytest>=99.0", "no-such-package-here>=1", 'x>=1; extra == "dev"']
    )
    checks = found(project.run("doctor", "--json"))

    assert checks["pytest"][0] is False
    assert checks["pytest"][2] == 'install it: python -m pip install "pytest>=99.0"'
    assert checks["no-such-package-here"][1] == "not installed"
    assert "x" not in checks
