"""Whatever manifests hold: components, or one line for each marketplace that cannot be read; never anything else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_syncguard.registry.discovery.discover import Found
from pytest_syncguard.registry.discovery.errors import DiscoveryError
from tests.registry.market import Market

KEYS = (
    "name",
    "source",
    "plugins",
    "agents",
    "commands",
    "skills",
    "hooks",
    "matcher",
    "strict",
    "renames",
    "metadata",
)
WORDS = (
    "",
    ".",
    "./",
    "./p",
    "p",
    "./p/agents/a.md",
    "./p/skills",
    "..",
    "../x",
    "/",
    "~",
    "a\0b",
    "\ud800",
    "x" * 300,
)
SCALARS = st.sampled_from(WORDS) | st.text(max_size=4) | st.integers() | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner),
    max_leaves=10,
)
ENTRIES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)
EVENTS = st.dictionaries(st.text(max_size=4), st.lists(ENTRIES | VALUES, max_size=2), max_size=2)
MARKETPLACES = st.fixed_dictionaries({"plugins": st.lists(ENTRIES | VALUES, max_size=3)}, optional={"renames": VALUES})


@settings(max_examples=150, deadline=None)
@given(market=MARKETPLACES | VALUES, plugin=ENTRIES | VALUES, hooks=st.builds(lambda e: {"hooks": e}, EVENTS | VALUES))
def test_any_manifest_gives_components_or_a_line(market: Any, plugin: Any, hooks: Any) -> None:
    """Twice, so that what is remembered is as good as what was read."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Market(Path(folder))
        shop.good("p/agents/a.md", "p/skills/s/SKILL.md", "SKILL.md")
        for path, content in {
            ".claude-plugin/marketplace.json": market,
            "p/.claude-plugin/plugin.json": plugin,
            "p/hooks/hooks.json": hooks,
        }.items():
            shop.write_json(path, content)
        found, faults = outcome(shop)
        assert (found is None) == (len(faults) == 1)
        if found is not None:
            lines = [*found.warnings, *(line for component in found.components for line in component.warnings)]
            assert not any(len(line.splitlines()) > 1 for line in (*faults, *lines))
            assert all(shop.root.joinpath(component.path).is_file() for component in found.components)
            assert outcome(shop) == (found, ())


def outcome(shop: Market) -> tuple[Found | None, tuple[str, ...]]:
    """What was found, or why nothing was."""
    try:
        return shop.find(cache=shop.root / "cache"), ()
    except DiscoveryError as error:
        return None, error.faults
