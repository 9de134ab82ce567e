"""A trigger by HTTP: the scripted Tilt and the real one answer the same, and the command is there for all else."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.tilt import trigger
from pytest_syncguard.stack.drivers.tilt.client import Tilt
from pytest_syncguard.stack.drivers.tilt.trigger import post_trigger
from pytest_syncguard.testing.tilt import RealTilt, RunningTilt, ScriptedTilt
from tests import engines
from tests.stack.lab import NAMES, Lab, four, make_project, one_shot

LIMIT = 10.0
CLIENT = {"manifest_names": ["client"], "build_reason": 32}


@pytest.fixture(params=["scripted", "real"])
def tilt(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningTilt]:
    """Four healthy resources and one that is switched off, in a Tilt that wants to see its token."""
    binary = engines.find("tilt")
    if request.param == "real":
        engines.need("tilt")
    scenario = four(off=one_shot("off", disabled=True))
    scenario = replace(scenario, wants_token=True)
    root = make_project(tmp_path / "project")
    make = ScriptedTilt(scenario, root) if request.param == "scripted" else RealTilt(scenario, root, binary or "")
    with make as running:
        for name in ("PATH", "TILT_HOST", "TILT_PORT", "TILT_DEV_DIR"):
            monkeypatch.setenv(name, running.env[name])
        yield running


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The resources that were triggered by the command."""
    triggered: list[str] = []
    original: Callable[[Tilt, str, str], None] = Tilt.trigger

    def spy(self: Tilt, stage: str, resource: str) -> None:
        triggered.append(resource)
        original(self, stage, resource)

    monkeypatch.setattr(Tilt, "trigger", spy)
    return triggered


def token(tilt: RunningTilt) -> str:
    return (Path(tilt.env["TILT_DEV_DIR"]) / "token").read_text()


def ask(tilt: RunningTilt, body: str, shown: str | None, verb: str = "POST") -> tuple[int, str]:
    """Status and text of the answer."""
    connection = http.client.HTTPConnection("localhost", tilt.port, timeout=LIMIT)
    try:
        connection.request(verb, "/api/trigger", body, {"X-Tilt-Token": shown} if shown is not None else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode().strip()
    finally:
        connection.close()


def test_both_tilts_answer_the_same(tilt: RunningTilt) -> None:
    """Yes is an empty 200; a disabled resource is refused with 200, too, and a text."""
    mine = token(tilt)

    assert ask(tilt, json.dumps(CLIENT), mine) == (200, "")
    assert ask(tilt, json.dumps({**CLIENT, "manifest_names": ["nope"]}), mine) == (
        404,
        'resource "nope" does not exist',
    )
    assert ask(tilt, json.dumps({**CLIENT, "manifest_names": ["off"]}), mine) == (
        200,
        'resource "off" is currently disabled',
    )
    assert ask(tilt, json.dumps({**CLIENT, "manifest_names": ["client", "ui"]}), mine) == (
        400,
        "/api/trigger currently supports exactly one manifest name, got 2",
    )
    assert ask(tilt, "", mine, "GET") == (400, "must be POST request")
    assert ask(tilt, json.dumps(CLIENT), None) == (403, "missing session token")
    assert ask(tilt, json.dumps(CLIENT), "another") == (403, "invalid session token")
    status, said = ask(tilt, "{", mine)
    assert (status, said.partition(":")[0]) == (400, "error parsing JSON payload")


def test_a_trigger_causes_the_build_that_the_command_would(tilt: RunningTilt) -> None:
    """One build more, and Tilt calls its reason by the same name."""
    before = len(tilt.builds("client"))

    assert post_trigger(TiltSettings(port=tilt.port), "client", LIMIT)

    tilt.wait_until("client", lambda _: len(tilt.builds("client")) == before + 1)
    tilt.wait_idle()
    assert "CLI Trigger" in tilt.run("logs", "client").stdout
    assert len(tilt.builds("client")) == before + 1


@pytest.mark.parametrize("resource", ["nope", "off"])
def test_a_refusal_is_no_yes(tilt: RunningTilt, resource: str) -> None:
    """Unknown or disabled: the command tells it."""
    assert not post_trigger(TiltSettings(port=tilt.port), resource, LIMIT)


def test_a_sync_needs_no_command_to_trigger(tilt: RunningTilt, commands: list[str]) -> None:
    """All four stages, by HTTP."""
    lab = Lab(tilt.project, tilt)

    assert lab.sync().synced
    assert commands == []
    assert all(lab.truth().values())


@pytest.mark.parametrize("wrong", ["", "another"], ids=["no token", "a wrong token"])
def test_without_the_token_the_command_triggers(
    tilt: RunningTilt, commands: list[str], monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """Tilt refuses, the command knows better, the sync is a good one."""
    monkeypatch.setattr(trigger, "_token", lambda _: wrong)
    lab = Lab(tilt.project, tilt)

    assert lab.sync().synced
    assert commands == list(NAMES)
    assert all(lab.truth().values())


def test_a_tilt_that_knows_no_such_request_is_triggered_by_the_command(
    tilt: RunningTilt, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its port says to a path that it does not have, it is no yes."""
    monkeypatch.setattr(trigger, "PATH", "/api/unheard-of")
    lab = Lab(tilt.project, tilt)

    assert lab.sync("client").synced
    assert commands == ["client"]


def test_a_refused_token_is_told_as_tilt_tells_it(tilt: RunningTilt) -> None:
    """Neither way gets through: the command's words, and nothing of the token itself."""
    lab = Lab(tilt.project, tilt)
    path = Path(tilt.env["TILT_DEV_DIR"]) / "token"
    path.chmod(0o600)
    path.write_text("somebody-elses")

    result = lab.sync("client")

    said = "\n".join([result.unsynced[0].reason, *map(str, result.unsynced[0].evidence)])
    assert "(403): invalid session token" in said
    assert "somebody-elses" not in said
