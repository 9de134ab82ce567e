"""The reference of settings says what the code does: every key, its default, and no other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.settings.faults import Faults, Place
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.settings.presets import preset_names
from pytest_syncguard.settings.tables import FIELD_OF_KEY, PROJECT, TABLES, Table

FaultsOf = Callable[..., tuple[str, ...]]

DOCS = Path(__file__).parents[2] / "docs/settings.md"
SECTION = {PROJECT.header: "Top level"}
INTERNAL = {"root", "source", "options", "overridden"}  # no keys: found out, or another's table


def rows(table: Table[Any]) -> dict[str, tuple[str, str, str, str]]:
    """The rows of a table's section: type, default, meaning and example by key."""
    title = SECTION.get(table.header, f"`{table.header}`")
    section = DOCS.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    reference = section.partition("| key |")[2].partition("\n\n")[0]
    cells = [re.split(r" *(?<!\\)\| *", line.strip("| ")) for line in reference.splitlines()[2:]]
    return {key.strip("`"): (kind, default, meaning, "".join(rest)) for key, kind, default, meaning, *rest in cells}


def model_default(table: Table[Any], key: str) -> object:
    """What the model says of a key that is not given; `MISSING` when it must be."""
    return table.model._field_defaults.get(FIELD_OF_KEY.get(key, key), MISSING)


KEYS = [(table, key) for table in TABLES for key in table.keys]
IDS = [f"{table.header} {key}" for table, key in KEYS]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.header)
def test_the_reference_names_every_key_and_no_other(table: Table[Any]) -> None:
    assert list(rows(table)) == list(table.keys)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.header)
def test_the_model_holds_what_can_be_set(table: Table[Any]) -> None:
    """No field of the model without a key, no key without a field."""
    assert {FIELD_OF_KEY.get(key, key) for key in table.keys} == set(table.model._fields) - INTERNAL


@pytest.mark.parametrize(("table", "key"), KEYS, ids=IDS)
def test_documented_defaults_are_the_models(table: Table[Any], key: str) -> None:
    """A default as the reference writes it is read as the very value that the model has."""
    kind, documented, meaning, _ = rows(table)[key]
    default = model_default(table, key)

    assert meaning.endswith(".")
    if isinstance(table.keys[key], Table) or kind == "table":
        assert documented == ""
    elif default is MISSING:
        assert documented == ("the name" if key == "resource" else "required")
    else:
        assert value_of(table, key, documented.strip("`")) == default


@pytest.mark.parametrize(("table", "key"), KEYS, ids=IDS)
def test_documented_examples_are_valid(table: Table[Any], key: str) -> None:
    """Whoever copies an example gets no fault."""
    kind, _, _, example = rows(table)[key]

    assert ("table" in kind and kind != "table of strings") or value_of(table, key, example.strip("`")) is not None


def value_of(table: Table[Any], key: str, toml: str) -> object:
    """What a key's reader makes of a value written in TOML, which must have no fault."""
    faults = Faults("docs")
    value = table.keys[key](Place(faults, key), tomllib.loads(f"x = {toml}")["x"])
    assert faults.lines() == ()
    return value


def test_the_files_in_the_reference_are_valid(parse: Callable[..., Settings]) -> None:
    """Each block of TOML is a whole file that works."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)

    assert blocks
    for block in blocks:
        assert parse(block).stack.stages


def test_the_faults_in_the_reference_are_real(faults_of: FaultsOf) -> None:
    """The messages shown are those that a file gets."""
    shown = re.findall(r"```text\n(.*?)```", DOCS.read_text(), re.DOTALL)[0].splitlines()

    assert (
        list(
            faults_of(
                """
            [stack]
            drivr = "process"
            settle = 3
            [[stack.stage]]
            name = "server"
            needs = ["ui"]
            serve = ["x"]
            success = ["a(b"]
            [[stack.stage]]
            name = "ui"
            needs = ["server"]
            serve = ["x"]
            success = ["x"]
            """
            )
        )
        == shown
    )


def test_every_preset_is_documented() -> None:
    for name in preset_names():
        assert f'`preset = "{name}"`' in DOCS.read_text()
