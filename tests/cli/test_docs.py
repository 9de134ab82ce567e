"""``docs/commands.md`` says what the command can do: no less, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pytest_syncguard.cli.app import COMMANDS, syncguard
from pytest_syncguard.report.json import plan_document
from pytest_syncguard.verdict import ERROR, SUCCESS, Status

TEXT = (Path(__file__).parents[2] / "docs/commands.md").read_text(encoding="utf-8")
COMMON = "For all commands"


def section(title: str) -> str:
    """What stands under a heading, up to the next one."""
    parts: dict[str, str] = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", TEXT, re.MULTILINE))
    return parts[title]


def command(name: str) -> click.Command:
    found = syncguard.get_command(click.Context(syncguard), name)
    assert found is not None
    return found


def options(of: click.Command) -> set[str]:
    """Every spelling of every option, those of a group's commands included."""
    if isinstance(of, click.Group):
        return set().union(*map(options, of.commands.values()))
    shown = {opt for param in of.params if isinstance(param, click.Option) for opt in param.opts}
    return {*shown, *of.get_help_option_names(click.Context(of, help_option_names=["-h", "--help"]))}


def named(text: str) -> set[str]:
    """The options in the first column of the tables of a text."""
    cells = re.findall(r"^\| (`-.*?) \|", text, re.MULTILINE)
    return {option for cell in cells for option in re.findall(r"`(--?[a-zA-Z][a-z-]*)`", cell)}


def test_each_command_has_its_section_and_its_line_in_the_overview() -> None:
    """Commands are those of the package, in its order."""
    assert re.findall(r"^## `syncguard (\w+)`$", TEXT, re.MULTILINE) == list(COMMANDS)
    assert re.findall(r"^\| \[`(\w+)`\]", TEXT, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_stands_there_and_no_other(name: str) -> None:
    """An option of a command is in its table, or among those of all commands."""
    common = named(section(COMMON)) - {"--version"}

    assert named(section(f"`syncguard {name}`")) == options(command(name)) - common
    assert common <= options(command(name))


def test_options_before_the_command() -> None:
    """The group's own options are among those for all commands."""
    assert options(syncguard) <= named(section(COMMON))


@pytest.mark.parametrize("name", COMMANDS)
def test_exit_codes_are_those_of_the_help(name: str) -> None:
    """What ``--help`` says of exit codes, the section says, too."""

    def codes(text: str) -> list[str]:
        said = " ".join(re.findall(r"Exit codes: (.*?)(?:\.\n|\.$|\.\s)", text, re.DOTALL))
        return re.findall(r"\b[0-9]+\b", said)

    told = codes(" ".join((command(name).help or "").split()) + "\n")

    assert told
    assert codes(section(f"`syncguard {name}`")) == told


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_shows_real_output(name: str) -> None:
    """Every section has an example of a call."""
    assert f"$ syncguard {name}" in section(f"`syncguard {name}`")


def test_the_last_lines_are_word_for_word() -> None:
    """Scripts copy them from here."""
    assert f"`{SUCCESS}`" in TEXT
    assert f"`{ERROR.format(number='N')}`" in TEXT


def test_every_verdict_is_explained() -> None:
    """The table of verdicts is complete."""
    explained = re.findall(r"^\| `(\w+)` \|", section("`syncguard status`"), re.MULTILINE)

    assert explained == [str(status) for status in Status]


def test_the_keys_of_the_plan_are_named() -> None:
    """What a program reads stands in the section."""
    assert {key for key in plan_document([]) if f"`{key}`" not in TEXT} == set()
