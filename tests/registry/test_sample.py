"""Two real marketplaces: every component is found, and every file with a fault is told."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from pytest_syncguard.registry.component import Component
from pytest_syncguard.registry.discovery.discover import discover

DATA = Path(os.environ.get("SYNCGUARD_DATA") or Path(__file__).parents[3] / "shared/data") / "marketplaces"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the sample of marketplaces is not there: set SYNCGUARD_DATA to the folder of data"
)


@pytest.fixture(scope="module")
def large() -> tuple[Component, ...]:
    return discover(DATA / "ai-dev-marketplace", ["."]).components


def test_the_large_one_is_found_whole(large: tuple[Component, ...]) -> None:
    """479 components; hooks.json files that are empty, or hold an array, have no hooks."""
    assert Counter(component.type for component in large) == {"agent": 156, "command": 217, "skill": 106}


def test_the_small_one_is_found_whole() -> None:
    """13 components; what lies in its docs/ are none."""
    found = discover(DATA / "domain-plugin-builder", ["."]).components

    assert Counter(component.type for component in found) == {"agent": 6, "command": 6, "skill": 1}


def test_both_at_once() -> None:
    """Paths lead from the project; that both have one name is told."""
    found = discover(DATA, ["ai-dev-marketplace", "domain-plugin-builder"])

    assert len(found.components) == 479 + 13
    assert all((DATA / component.path).is_file() for component in found.components)
    assert any('called "ai-dev-marketplace"' in warning for warning in found.warnings)


def test_frontmatter_that_is_no_yaml_is_told(large: tuple[Component, ...]) -> None:
    """19 files, and one without any; each with its line, and none without its description for it."""
    told = {component.path: component for component in large if any(".md:" in said for said in component.warnings)}
    lacking = [path for path, component in told.items() if "no frontmatter" in component.warnings[0]]

    assert (len(told), len(lacking)) == (20, 1)
    assert all(component.fields["description"] for path, component in told.items() if path not in lacking)


def test_one_key_stands_twice(large: tuple[Component, ...]) -> None:
    """Both are listed, and each names both paths."""
    keys = Counter(component.key for component in large)
    (key,) = [key for key, count in keys.items() if count > 1]
    twins = [component for component in large if component.key == key]

    assert len({component.path for component in twins}) == 2
    assert all(twin.path in other.warnings[-1] for twin in twins for other in twins)


def test_hints_that_yaml_takes_for_lists_are_text(large: tuple[Component, ...]) -> None:
    """114 of them are lists in YAML."""
    hints = [component.fields["argument-hint"] for component in large if "argument-hint" in component.fields]

    assert len([hint for hint in hints if isinstance(hint, str) and hint.startswith("[")]) >= 114
    assert all(isinstance(hint, str) for hint in hints)
