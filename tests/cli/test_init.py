"""``syncguard init``: a first syncguard.toml."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.settings.load import load_settings
from pytest_syncguard.testing.tilt import Build, Resource, Scenario, ScriptedTilt, Serve, say
from tests.cli.project import Project


@pytest.fixture
def no_tilt(empty: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """No executable of that name is there at all."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return empty


@pytest.fixture
def tilt(empty: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A running Tilt with a one-shot resource and a served one."""
    built = (Build((say("done\n"),)),)
    up = Serve((say("up\n"),))
    resources = (Resource("sync-wasm-client", builds=built), Resource("api:web", builds=built, serve=(up,)))
    with ScriptedTilt(Scenario(resources), empty.root) as running:
        monkeypatch.setenv("PATH", running.env["PATH"])
        monkeypatch.setenv("TILT_PORT", str(running.port))
        yield empty


def test_without_tilt_one_stage_is_to_be_filled_in(no_tilt: Project) -> None:
    """The process driver; what must be filled in is told by the settings themselves."""
    done = no_tilt.run("init")

    assert done.code == 0
    assert done.lines == [
        "wrote syncguard.toml: driver process, one stage to be named",
        "next: fill in what is empty, then run syncguard doctor",
    ]
    assert tomllib.loads((no_tilt.root / "syncguard.toml").read_text())["stack"]["driver"] == "process"
    with pytest.raises(SettingsError, match=r"stack\.stage"):
        load_settings(no_tilt.root, environ={})


def test_a_running_tilt_is_asked_for_its_resources(tilt: Project) -> None:
    """A stage for each, one-shot where nothing stays up; valid once each success is filled in."""
    done = tilt.run("init", "--json")
    path = tilt.root / "syncguard.toml"

    assert (done.code, done.json["driver"], done.json["path"]) == (0, "tilt", str(path))
    assert done.json["resources"] == ["sync-wasm-client", "api:web"]
    path.write_text(path.read_text().replace("success = []", "success = ['done|up']"))
    first, second = load_settings(tilt.root, environ={}).stack.stages
    assert (first.name, first.resource, first.one_shot) == ("sync-wasm-client", "sync-wasm-client", True)
    assert (second.name, second.resource, second.one_shot) == ("api-web", "api:web", False)


def test_the_tilt_that_was_asked_is_asked_from_now_on(tilt: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next shell may have no TILT_HOST and no TILT_PORT: what is not the default stands in the file."""
    port = int(os.environ["TILT_PORT"])
    monkeypatch.setenv("TILT_HOST", "127.0.0.1")
    done = tilt.run("init")
    written = tomllib.loads((tilt.root / "syncguard.toml").read_text())

    assert (done.code, done.err) == (0, "")
    assert written["stack"]["tilt"] == {"host": "127.0.0.1", "port": port}


def test_the_tilt_of_another_checkout_gets_a_warning(tilt: Project, tmp_path: Path) -> None:
    """The resources are another project's: whoever asked by mistake reads it before plan refuses them."""
    other = tmp_path / "other"
    other.mkdir()
    done = tilt.run("-C", str(other), "init", "--json")
    told = f"the Tilt at localhost:{os.environ['TILT_PORT']} runs {tilt.root}/Tiltfile, which is not of this project"

    assert (done.code, done.json["resources"]) == (0, ["sync-wasm-client", "api:web"])
    assert done.err.startswith(f"syncguard: warning: {told} ({other}): run tilt up here on a port of its own")
    assert done.err.count("\n") == 1
    assert done.json["warnings"] == [done.err.strip().removeprefix("syncguard: warning: ")]


DUMPING = """#!{python}
import os, sys
if sys.argv[1:] == ["dump", "engine"]:
    print({said!r})
else:
    os.execv({tilt!r}, [{tilt!r}, *sys.argv[1:]])
"""


def dumping(folder: Path, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``tilt dump engine`` say this; all else is answered as before."""
    tilt = shutil.which("tilt")
    folder.mkdir()
    (folder / "tilt").write_text(DUMPING.format(python=sys.executable, said=said, tilt=tilt))
    (folder / "tilt").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def dump(**needed: list[str] | None) -> str:
    """As the real one is shaped, as far as it matters."""
    targets = {name: {"Manifest": {"ResourceDependencies": names}, "State": {}} for name, names in needed.items()}
    return json.dumps({"Secrets": {"TOKEN": "c2VjcmV0"}, "ManifestTargets": targets})


def test_what_resources_wait_for_becomes_after(tilt: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names of the stages; what is no stage is left out, and so is all else that the dump holds."""
    waits = {"api:web": ["sync-wasm-client", "gone"], "sync-wasm-client": None, "gone": ["api:web"]}
    dumping(tmp_path / "shim", dump(**waits), monkeypatch)
    path = tilt.root / "syncguard.toml"

    assert tilt.run("init").code == 0
    assert "c2VjcmV0" not in path.read_text()
    path.write_text(path.read_text().replace("success = []", "success = ['done|up']"))
    first, second = load_settings(tilt.root, environ={}).stack.stages
    assert (first.after, second.after) == ((), ("sync-wasm-client",))
    assert (first.needs, second.needs) == ((), ())


def test_after_a_resource_of_another_name(tilt: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage's name, where Tilt's is none."""
    dumping(tmp_path / "shim", dump(**{"sync-wasm-client": ["api:web"]}), monkeypatch)

    assert tilt.run("init").code == 0
    assert 'after = ["api-web"]' in (tilt.root / "syncguard.toml").read_text()


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"ManifestTargets": {"a": 3}}', '{"ManifestTargets": []}', "no"])
def test_a_dump_of_another_shape(tilt: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """It is not promised to stay as it is: nothing is known then, and the stages are written all the same."""
    dumping(tmp_path / "shim", said, monkeypatch)
    done = tilt.run("init", "--json")

    assert (done.code, done.json["resources"]) == (0, ["sync-wasm-client", "api:web"])
    assert "\nafter = " not in (tilt.root / "syncguard.toml").read_text()


def test_no_tilt_answers_where_one_was_asked_for(no_tilt: Project) -> None:
    """--driver tilt needs one: nothing is written without it."""
    done = no_tilt.run("init", "--driver", "tilt")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("syncguard: error: no tilt on the PATH: install Tilt")
    assert not (no_tilt.root / "syncguard.toml").exists()


def test_a_tilt_that_is_not_tilt(empty: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An executable of that name that speaks otherwise is named."""
    fake = tmp_path / "tilt"
    fake.write_text("#!/bin/sh\necho hello\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = empty.run("init", "--driver", "tilt")

    assert done.code == 1
    assert f"{fake} does not speak like Tilt" in done.err


def test_never_overwrites_without_force(no_tilt: Project) -> None:
    """What a user wrote stays, byte for byte, until --force says otherwise."""
    path = no_tilt.write("syncguard.toml", "# mine\n")
    refused = no_tilt.run("init")
    kept = path.read_text()
    forced = no_tilt.run("init", "--force", "--driver", "command")

    assert (refused.code, kept) == (1, "# mine\n")
    assert (
        refused.err == "syncguard: error: syncguard.toml is there already: edit it, or write a new one with --force\n"
    )
    assert (forced.code, forced.lines[1]) == (0, "kept the old settings as syncguard.toml.bak")
    assert tomllib.loads(path.read_text())["stack"]["driver"] == "command"
    assert (no_tilt.root / "syncguard.toml.bak").read_text() == "# mine\n"
    assert sorted(file.name for file in no_tilt.root.iterdir()) == ["syncguard.toml", "syncguard.toml.bak"]


def test_a_backup_is_never_overwritten(no_tilt: Project) -> None:
    """Twice --force: what a user wrote is in the first one still."""
    path = no_tilt.write("syncguard.toml", "# mine\n")
    first = no_tilt.run("init", "--force", "--json").json
    written = path.read_text()
    second = no_tilt.run("init", "--force", "--json").json

    assert (first["backup"], second["backup"]) == (f"{path}.bak", f"{path}.bak-2")
    assert (no_tilt.root / "syncguard.toml.bak").read_text() == "# mine\n"
    assert (no_tilt.root / "syncguard.toml.bak-2").read_text() == written


def test_the_tilt_of_the_old_settings_is_asked(tilt: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --force and without TILT_PORT: the port stands in the file that is written anew."""
    port = os.environ["TILT_PORT"]
    monkeypatch.delenv("TILT_PORT")
    path = tilt.write("syncguard.toml", f"[stack]\nbroken = 1\n[stack.tilt]\nport = {port}\n")
    done = tilt.run("init", "--force", "--json").json

    assert done["resources"] == ["sync-wasm-client", "api:web"]
    assert tomllib.loads(path.read_text())["stack"]["tilt"] == {"port": int(port)}


@pytest.mark.parametrize("old", ["no toml", "stack = 3", "[stack]\ntilt = 3", "[stack.tilt]\nport = 'many'"])
def test_old_settings_that_are_wrong_say_nothing(no_tilt: Project, old: str) -> None:
    """They are kept, and the default is asked."""
    no_tilt.write("syncguard.toml", old)
    no_tilt.write("Tiltfile", "")
    done = no_tilt.run("init", "--force")

    assert (done.code, (no_tilt.root / "syncguard.toml.bak").read_text()) == (0, old)
    assert "no Tilt answers at localhost:10350: start it with tilt up, then" in done.err


def test_a_tiltfile_without_its_tilt_is_a_warning(no_tilt: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a program, too: the stage that was written is not what the user wants."""
    no_tilt.write("Tiltfile", "")
    monkeypatch.setenv("TILT_PORT", "9")
    done = no_tilt.run("init", "--json")
    said = "a Tiltfile is here, but no Tilt answers at localhost:9: start it with tilt up --port 9, then run "

    assert done.json["warnings"] == [f"{said}syncguard init --force"]
    assert done.err == f"syncguard: warning: {said}syncguard init --force\n"


def test_settings_in_pyproject_are_not_given_a_rival(no_tilt: Project) -> None:
    """Two sources of truth are none, even with --force."""
    no_tilt.write("pyproject.toml", "[tool.syncguard.stack]\ndriver = 'process'\n")
    done = no_tilt.run("init", "--force")

    assert done.code == 1
    assert done.err.startswith("syncguard: error: pyproject.toml holds settings already")
    assert not (no_tilt.root / "syncguard.toml").exists()


def test_a_bad_port_in_the_environment(no_tilt: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """TILT_PORT is checked like a setting."""
    monkeypatch.setenv("TILT_PORT", "many")
    done = no_tilt.run("init")

    assert done.code == 1
    assert done.err.startswith("syncguard: error: environment: TILT_PORT: found ")


def test_another_folder(no_tilt: Project) -> None:
    """-C says where to write, before or after the command."""
    for number, args in enumerate([("-C", "a", "init"), ("init", "-C", "b")]):
        folder = no_tilt.root / "ab"[number]
        folder.mkdir()
        assert no_tilt.run(*args).code == 0
        assert (folder / "syncguard.toml").exists()
