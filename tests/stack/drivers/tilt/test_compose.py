"""Services of docker_compose: which container runs, and from when on its lines count."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.settings.model import Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.tilt.book import BuildBook
from pytest_syncguard.stack.drivers.tilt.client import Entry
from pytest_syncguard.stack.drivers.tilt.compose import Service
from pytest_syncguard.stack.drivers.tilt.driver import TiltDriver

# What `tilt get … -o json` of v0.37.6 prints, as far as it is read. The resource "back" is the service "server".
LOADED = {
    "kind": "UIResource",
    "metadata": {"name": "(Tiltfile)"},
    "status": {"buildHistory": [{"startTime": "2026-11-21T12:36:03.1Z"}]},
}
BACK = {
    "kind": "UIResource",
    "metadata": {"name": "back", "resourceVersion": "81"},
    "status": {
        "buildHistory": [{"spanID": "build:2", "startTime": "2026-11-21T12:36:05.114471Z"}],
        "composeResourceInfo": {},
        "runtimeStatus": "ok",
        "specs": [{"id": "docker-compose:back", "type": "docker-compose"}],
        "updateStatus": "ok",
    },
}
SERVICE: dict[str, Any] = {
    "metadata": {"name": "back"},
    "spec": {"project": {"configPaths": ["docker-compose.yml"], "name": "app"}, "service": "server"},
    "status": {
        "containerID": "0123456789ab",
        "containerName": "app-server-1",
        "containerState": {"running": True, "startedAt": "2026-11-21T12:36:07.123456Z", "status": "running"},
    },
}
TOOL = """
import json, pathlib, sys
items = []
for kind in sys.argv[2].split(","):
    with open("asked", "a") as asked:
        print(kind, file=asked)
    items += json.loads(pathlib.Path(kind + ".json").read_text())["items"]
print(json.dumps({"items": items}))
"""


class Answers:
    """A ``tilt`` on the PATH that answers from files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        session = {"kind": "Session", "metadata": {"uid": "u"}, "status": {"startTime": "2026-11-21T12:36:02Z"}}
        self.say("session", session)
        self.say("uiresource", LOADED, BACK)
        self.say("dockercomposeservice", SERVICE)

    def say(self, kind: str, *items: object) -> None:
        (self.root / f"{kind}.json").write_text(json.dumps({"items": items}))

    def status(self, **changes: object) -> None:
        self.say("dockercomposeservice", {**SERVICE, "status": {**SERVICE["status"], **changes}})

    @property
    def build(self) -> str:
        """What the driver says that runs; the stage must be up."""
        seen = self.observe()
        assert seen.up, seen
        return str(seen.build)

    def observe(self) -> Any:
        driver = TiltDriver(Settings(root=self.root, stack=StackSettings(driver="tilt")))
        return driver.observe([Stage("back", "back")])["back"]


@pytest.fixture
def tilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answers:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tilt").write_text(f"#!{sys.executable} -SE\n{TOOL}")
    (tmp_path / "bin" / "tilt").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path)
    return Answers(tmp_path)


def test_a_container_that_was_started_anew_is_another(tilt: Answers) -> None:
    """Restarted (its start) or recreated (its id) by hand: not what was built; the same one is the same."""
    built = tilt.build
    assert tilt.build == built

    tilt.status(containerState={"running": True, "startedAt": "2026-11-21T12:40:00Z", "status": "running"})
    restarted = tilt.build
    tilt.status(containerID="ba9876543210")
    recreated = tilt.build

    assert len({built, restarted, recreated}) == 3


@pytest.mark.parametrize("status", [{"containerID": ""}, {"containerState": None}], ids=["no id", "no start"])
def test_a_container_that_is_not_told_is_not_up(tilt: Answers, status: dict[str, object]) -> None:
    """What cannot be told from a later one must not count as synced."""
    tilt.status(**status)

    assert tilt.observe().reason == "Tilt does not tell which container runs"
    assert not tilt.observe().up


def test_containers_are_asked_only_of_compose(tilt: Answers) -> None:
    """A stack without docker_compose costs no further call of tilt."""
    tilt.observe()
    assert "dockercomposeservice" in (tilt.root / "asked").read_text()
    (tilt.root / "asked").unlink()
    tilt.say("uiresource", LOADED, {**BACK, "status": {**BACK["status"], "specs": [{"type": "local"}]}})  # type: ignore[dict-item]

    assert tilt.observe().up
    assert sorted((tilt.root / "asked").read_text().split()) == ["session", "uiresource"]


KNOWN = Service("server", "app", "app-server-1", "0123456789ab@2026-11-21T12:36:07.123456Z")


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        (" Container app-server-1  Starting", True),
        (" Container app-server-1  Started", True),
        (" Container app-server-1 Started", True),
        (" Container app_server_2  Started", True),
        (" Container app-server-1  Recreate", False),
        (" Container app-server-1  Running", False),
        (" Container app-my-server-1  Started", False),
        (" Container app-server-db-1  Started", False),
        (" Container other-server-1  Started", False),
        (" Network app_default  Created", False),
    ],
)
def test_only_the_start_of_its_own_container_opens_its_log(line: str, counts: bool) -> None:
    """Until then the old container speaks, whatever else compose starts for it."""
    book = BuildBook(service=KNOWN)
    book.add(
        [
            Entry("back", "build:2", "init", "CLI Trigger"),
            Entry("back", "build:2", "", line),
            Entry("back", "dc:back", "", "listening on 8080"),
        ]
    )

    assert (b"listening" in book.section.take()) is counts


def test_a_container_with_a_name_of_its_own(tmp_path: Path) -> None:
    """``container_name`` in the compose file: known by that name; before the first one is known, any start is its."""
    assert Service("web", "app", "webby", "id@start").starts(" Container webby  Started")
    assert not Service("web", "app", "webby", "id@start").starts(" Container webbier  Started")
    assert Service("web", "app").starts(" Container webby  Started")
