"""What a served process is by the word of its command, where Tilt's status has lost sight of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pytest_syncguard.stack.drivers.tilt.command import with_commands
from pytest_syncguard.stack.drivers.tilt.resource import Build, Resource

WAITS = Resource("ui", "not_applicable", "pending", history=(Build("build:2", "now"),), serving="11", local=True)
UP = {"running": {"pid": 12}, "ready": True}


def command(number: int, status: Mapping[str, Any], owner: str = "ui", kind: str = "CmdServer") -> dict[str, Any]:
    notes = {"tilt.dev/log-span-id": f"localserve:{number}", "tilt.dev/owner-kind": kind, "tilt.dev/owner-name": owner}
    return {"metadata": {"name": f"{owner}-serve-{number}", "annotations": notes}, "status": status}


def told(*commands: dict[str, Any], resource: Resource = WAITS) -> Resource:
    return with_commands({"ui": resource}, lambda: commands)["ui"]


def test_a_process_that_runs_is_up_with_its_own_pid() -> None:
    """And known by the span of its lines."""
    assert told(command(3, UP)) == replace(WAITS, runtime="ok", serving="12", span="localserve:3")


def test_a_process_that_has_ended_is_down() -> None:
    """Tilt lost sight of that, too."""
    ended = {"terminated": {"pid": 12, "exitCode": 1}, "ready": True}
    assert told(command(3, ended)) == replace(WAITS, runtime="error", serving="12", span="localserve:3")


@pytest.mark.parametrize(
    "commands",
    [
        (),
        (command(3, {"waiting": {}}),),
        (command(3, {"running": {"pid": 12}, "ready": False}),),
        (command(3, UP, owner="server"),),
        (command(3, UP, kind="Cmd"),),
        ({"metadata": {"name": "ui:update", "annotations": {"tilt.dev/resource": "ui"}}, "status": UP},),
    ],
    ids=["none", "not started", "its probe has not passed", "of another resource", "of no server", "of its build"],
)
def test_nothing_else_is_a_process_that_is_up(commands: tuple[dict[str, Any], ...]) -> None:
    """Its stage goes on waiting."""
    assert told(*commands) == WAITS


def test_of_two_commands_the_newer_one_counts() -> None:
    """One counter numbers the processes of all resources, also above nine."""
    commands = (command(10, UP), command(9, {"running": {"pid": 9}, "ready": True}))
    assert [told(*commands).serving, told(*reversed(commands)).serving] == ["12", "12"]


@pytest.mark.parametrize(
    "resource",
    [
        replace(WAITS, runtime="ok"),
        replace(WAITS, queued=True),
        replace(WAITS, update="in_progress", current=Build("build:3", "now")),
        replace(WAITS, local=False),
    ],
    ids=["up by Tilt's word", "to be built", "being built", "a pod"],
)
def test_tilt_is_asked_for_commands_only_where_a_process_is_waited_for(resource: Resource) -> None:
    """It costs as much as the question before it."""

    def ask() -> Iterable[Mapping[str, Any]]:
        raise AssertionError("asked")

    assert with_commands({"ui": resource}, ask) == {"ui": resource}
