"""The compose preset through the settings and the stack's guard: plan, sync, plan again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.settings.load import load_settings
from pytest_syncguard.stack.drivers.command import CommandDriver
from pytest_syncguard.stack.guard import StackGuard
from pytest_syncguard.verdict import GuardFinished, Status
from tests.stack.drivers.command.project import Compose

SYNCGUARD_TOML = """
preset = "compose"

[stack.command]
poll = "50ms"

[[stack.stage]]
name = "migrate"
sources = ["migrations/**"]
success = ["migrated"]
one_shot = true
settle = "50ms"

[[stack.stage]]
name = "server"
needs = ["migrate"]
sources = ["server/**"]
success = ["listening"]
settle = "50ms"
"""


@pytest.fixture
def project(compose: Compose) -> Path:
    root = compose.root
    (root / "syncguard.toml").write_text(SYNCGUARD_TOML)
    for name in ("migrations/1.sql", "server/main.py"):
        (root / name).parent.mkdir()
        (root / name).write_text("one")
    compose.service("migrate", lines=[[0.0, "migrated"]], ends=[0.1, 0])
    compose.service("server", lines=[[0.0, "listening"]])
    return root


def plan(root: Path) -> dict[str, Status]:
    """What a fresh run makes of each stage."""
    guard = StackGuard(load_settings(root), CommandDriver)
    try:
        return {verdict.target.name: verdict.status for verdict in guard.plan([]).verdicts}
    finally:
        guard.close()


def test_another_command_is_another_build(project: Path) -> None:
    """How it is built belongs to the fingerprint: another trigger makes stages stale, another pace does not."""
    sync(project)
    text = (project / "syncguard.toml").read_text()
    (project / "syncguard.toml").write_text(text.replace('"50ms"', '"60ms"', 1))
    assert set(plan(project).values()) == {Status.SYNCED}

    (project / "syncguard.toml").write_text(
        text.replace("[stack.command]", '[stack.command]\ntrigger = ["docker", "compose", "up", "{resource}"]')
    )

    assert set(plan(project).values()) == {Status.STALE}


def sync(root: Path) -> GuardFinished:
    """One whole sync; its last event."""
    guard = StackGuard(load_settings(root), CommandDriver)
    try:
        *_, last = guard.apply(guard.plan([]))
    finally:
        guard.close()
    assert isinstance(last, GuardFinished)
    return last


def test_synced_until_something_changes(compose: Compose, project: Path) -> None:
    """Synced after a sync and in later runs; stale when sources change or others recreate the container."""
    assert {verdict.status for verdict in sync(project).verdicts} == {Status.SYNCED}
    assert plan(project) == {"migrate": Status.SYNCED, "server": Status.SYNCED}

    (project / "server/main.py").write_text("two")
    assert plan(project) == {"migrate": Status.SYNCED, "server": Status.STALE}
    sync(project)
    assert plan(project) == {"migrate": Status.SYNCED, "server": Status.SYNCED}

    compose.change(server={**compose.state()["server"], "id": "bbbbbbbbbbbb"})
    assert plan(project)["server"] is Status.STALE


def test_failing_build_is_not_synced(compose: Compose, project: Path) -> None:
    """A build that fails after a good one: failed, though the old container still runs and said `listening`."""
    sync(project)
    (project / "server/main.py").write_text("two")
    compose.service("server", build=["SyntaxError: invalid syntax"], code=1)

    last = sync(project)

    assert {verdict.target.name: verdict.status for verdict in last.verdicts}["server"] is Status.FAILED
    assert plan(project)["server"] is not Status.SYNCED


def test_outage_is_unknown(compose: Compose, project: Path) -> None:
    """Without an engine nothing is stale or synced: it is unknown."""
    sync(project)
    compose.outage()

    assert set(plan(project).values()) == {Status.UNKNOWN}


def test_what_the_trigger_prints_is_no_sign(compose: Compose, project: Path) -> None:
    """A build that prints `listening` and a service that never does: not synced."""
    text = (project / "syncguard.toml").read_text()
    (project / "syncguard.toml").write_text(text.replace('["listening"]', '["listening"]\ntimeout = "2s"'))
    compose.service("server", build=["RUN echo listening"], lines=[[0.0, "begin"]])

    last = sync(project)

    verdict = next(verdict for verdict in last.verdicts if verdict.target.name == "server")
    assert verdict.status is Status.FAILED
    assert any("the one that its trigger printed does not count" in str(each) for each in verdict.evidence)
