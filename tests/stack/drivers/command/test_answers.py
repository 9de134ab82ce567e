"""What an answer to `status` means that shows nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.settings.model import CommandSettings, Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.command.child import Outcome
from pytest_syncguard.stack.drivers.command.engine import Engine, Report, State
from tests.stack.drivers.command.project import compose_settings, driver_for, tool

STAGE = Stage("web", "web")
COMPOSE = ("docker", "compose", "ps", "--all", "--format", "json", "{resource}")


def read(outcome: Outcome, status: tuple[str, ...] = ("tool", "status", "{resource}")) -> Report:
    command = CommandSettings(trigger=("tool",), status=status, up="up")
    return Engine(Settings(Path.cwd(), stack=StackSettings(driver="command", command=command))).read(STAGE, outcome)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome(0, "\n"), State.GONE),
        (Outcome(0, "[]"), State.GONE),
        (Outcome(1, "[]", "Error: No such object: web"), State.GONE),
        (Outcome(1, "", 'Error from server (NotFound): deployments.apps "web" not found'), State.GONE),
        (Outcome(3, "inactive\n"), State.GONE),
        (Outcome(1, ""), State.UNREACHABLE),
        (Outcome(2, "", "usage: tool"), State.UNREACHABLE),
        (Outcome(-9, ""), State.UNREACHABLE),
    ],
)
def test_an_error_without_an_answer_is_none(outcome: Outcome, state: State) -> None:
    """Gone is only what is told to be: an outage is not drift."""
    assert read(outcome).state is state


def test_the_command_and_its_end_are_told() -> None:
    """That is where to look."""
    assert read(Outcome(1, "")).reason == (
        "`status` of web, `tool status web`, ended with exit code 1: "
        "it printed nothing: where that means that nothing runs, let it print a word or end with 0"
    )


@pytest.mark.parametrize(
    "said",
    [
        "unknown flag: --all\nSee 'docker --help'.",
        "unknown shorthand flag: 'a' in -a",
        "docker: 'compose' is not a docker command.\nSee 'docker --help'",
        "docker: unknown command: docker compose\n\nRun 'docker --help' for more information",
    ],
)
def test_docker_without_its_compose_plugin(said: str) -> None:
    """However the version of docker takes it."""
    assert read(Outcome(125, "", said), COMPOSE) == Report(
        State.UNREACHABLE, reason="docker has no command compose: install the docker compose plugin"
    )


def test_doctor_finds_docker_without_its_compose_plugin(tmp_path: Path, bin_folder: Path) -> None:
    """It asks for the status once, as a sync would."""
    tool(bin_folder, "docker", "import sys; sys.exit('unknown flag: --all')")
    (check,) = (
        each for each in driver_for(tmp_path, compose_settings()).doctor([STAGE]) if each.name == "status of web"
    )

    assert (check.ok, check.found) == (False, "docker has no command compose: install the docker compose plugin")
    assert check.cure == "install the docker compose plugin"
