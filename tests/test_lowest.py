"""The lowest versions that are allowed are those that are tested."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIRED = {each.name: each for each in map(Requirement, PROJECT["dependencies"])}
LINES = (Path(__file__).parent / "constraints-lowest.txt").read_text().splitlines()
TESTED = {each.name: each for each in (Requirement(line) for line in LINES if not line.startswith("#"))}


def test_every_dependency_is_tested_at_its_lowest() -> None:
    """And nothing else is held down."""
    assert TESTED.keys() == REQUIRED.keys()


@pytest.mark.parametrize("name", REQUIRED)
def test_the_lower_bound_is_the_version_that_is_tested(name: str) -> None:
    """Each dependency has one lower bound and no other."""
    (bound,), (pin,) = REQUIRED[name].specifier, TESTED[name].specifier

    assert (bound.operator, pin.operator) == (">=", "==")
    assert Version(bound.version) == Version(pin.version)


def test_what_the_make_target_runs_is_there() -> None:
    """A test that was moved is missed here, and not only where they are run."""
    words = (ROOT / "Makefile").read_text().partition("LOWEST_TESTS := ")[2].partition("\n#")[0].split()
    paths = [word for word in words if word.startswith("tests/")]

    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []
