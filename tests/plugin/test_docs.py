"""``docs/pytest.md`` says what the plugin can do: no less, and no more."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

from pytest_syncguard import hookspecs, plugin
from pytest_syncguard.handle import SyncedStack, SyncedStage
from pytest_syncguard.verdict import ERROR, PYTEST_COULD_NOT_CHECK, PYTEST_OUT_OF_SYNC, SUCCESS

TEXT = (Path(__file__).parents[2] / "docs/pytest.md").read_text(encoding="utf-8")


class Recorder:
    """A parser that only remembers."""

    def __init__(self) -> None:
        self.options: dict[str, str] = {}
        self.inis: list[str] = []

    def getgroup(self, name: str, description: str) -> Recorder:
        return self

    def addoption(self, name: str, *, metavar: str = "", **more: Any) -> None:
        self.options[name] = metavar

    def addini(self, name: str, help: str, **more: Any) -> None:  # noqa: A002  pytest's own word
        self.inis.append(name)


def recorded() -> Recorder:
    recorder = Recorder()
    plugin.pytest_addoption(recorder)  # type: ignore[arg-type]
    return recorder


def section(title: str) -> str:
    """What stands under a heading, up to the next one."""
    parts: dict[str, str] = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", TEXT, re.MULTILINE))
    return parts[title]


def test_every_option_stands_there_with_its_value() -> None:
    """In the order of ``pytest --help``."""
    assert dict(re.findall(r"^\| `(--[a-z-]+)`(?: (\w+))? \|", section("Options"), re.MULTILINE)) == recorded().options


def test_every_ini_stands_there() -> None:
    """With both of its values."""
    assert re.findall(r"^\| `(syncguard_\w+)` \|", section("Options"), re.MULTILINE) == recorded().inis
    assert all(f"`{policy}`" in section("Options") for policy in plugin.POLICIES)


def test_exit_codes() -> None:
    """Ours are these two."""
    named = re.findall(r"^\| (1[01]) \| The gate", section("Exit codes"), re.MULTILINE)

    assert named == [str(PYTEST_OUT_OF_SYNC), str(PYTEST_COULD_NOT_CHECK)]


def test_every_hook_stands_there_with_its_arguments() -> None:
    """And no other."""
    hooks = {
        name: ", ".join(inspect.signature(hook).parameters)
        for name, hook in vars(hookspecs).items()
        if name.startswith("pytest_syncguard_")
    }

    assert dict(re.findall(r"^\| `(\w+)\((\w*)\)` \|", section("Hooks"), re.MULTILINE)) == hooks


def test_marker_and_fixture_have_their_sections() -> None:
    """By the names that the code gives them, with all that the handle has."""
    handle = section(f"The fixture `{plugin.FIXTURE}`")

    assert plugin.MARKER in section(f"The marker `{plugin.MARKER}`")
    assert re.findall(r"^\| `synced_stack\.(\w+)`", handle, re.MULTILINE) == [
        field.name for field in dataclasses.fields(SyncedStack)
    ]
    assert re.findall(r"^\| `synced_stack\[\"server\"\]\.(\w+)`", handle, re.MULTILINE) == [
        field.name for field in dataclasses.fields(SyncedStage)
    ]


def test_the_lines_for_scripts_are_word_for_word() -> None:
    """Scripts copy them from here."""
    assert f"`{SUCCESS}`" in TEXT
    assert f"`{ERROR.format(number='N')}`" in TEXT
