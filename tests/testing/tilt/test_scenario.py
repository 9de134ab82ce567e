"""Scenarios: plain data, in Python or in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.testing.tilt import Build, Resource, Scenario, ScenarioError, Serve, say, sleep
from pytest_syncguard.testing.tilt.__main__ import main

TOML = r"""
latency = 0.5

[[resource]]
name = "server"
input = ["src/**"]
builds = [
    { steps = [{ print = "Finished\n" }] },
    { steps = [{ print = "error: no" }, { sleep = 0.2 }, { print_hex = "ff0a", repeat = 3 }], exit = 101 },
]
serve = { steps = [{ print = "up\n" }], exit = 1 }
"""
SCENARIO = Scenario(
    (
        Resource(
            "server",
            (
                Build((say("Finished\n"),)),
                Build((say("error: no"), sleep(0.2), say(b"\xff\n", repeat=3)), exit=101),
            ),
            (Serve((say("up\n"),), exit=1),),
            input=("src/**",),
        ),
    ),
    latency=0.5,
)


def test_a_file_and_python_say_the_same(tmp_path: Path) -> None:
    """A TOML file gives the scenario that the same words in Python give."""
    path = tmp_path / "scenario.toml"
    path.write_text(TOML, encoding="utf-8")

    assert Scenario.load(path) == SCENARIO


def test_a_scenario_survives_being_plain_data() -> None:
    """What `to_dict` gives makes the same scenario again."""
    assert Scenario.from_dict(SCENARIO.to_dict()) == SCENARIO


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"speed": 3}, "scenario: unknown key 'speed'; known are resources,"),
        ({"resource": [{"name": "ui", "exit": 1}]}, "resource ui: unknown key 'exit'"),
        ({"resource": [{}]}, "resource ?: "),
        ({"resource": [{"name": "ui", "builds": [{"step": []}]}]}, "build: unknown key 'step'"),
    ],
)
def test_a_wrong_word_is_named(data: dict[str, object], message: str) -> None:
    """An unknown or missing key is told with its place."""
    with pytest.raises(ScenarioError) as fault:
        Scenario.from_dict(data)

    assert message in str(fault.value)


def test_a_scenario_file_becomes_an_executable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``python -m pytest_syncguard.testing.tilt FILE FOLDER`` writes a ``tilt`` and prints where."""
    path = tmp_path / "scenario.toml"
    path.write_text(TOML, encoding="utf-8")

    assert main([str(path), str(tmp_path / "bin")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'bin' / 'tilt'}\n"
    assert (tmp_path / "bin" / "tilt").stat().st_mode & 0o111


@pytest.mark.parametrize("text", ["resource = 3 =", "nonsense = 1"])
def test_a_file_that_cannot_be_played_is_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad TOML or an unknown key: exit code 1 and one line that names the file."""
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")

    assert main([str(path), str(tmp_path / "bin")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{path}: ")
    assert said.count("\n") == 1
