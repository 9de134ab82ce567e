"""What the tests of the registry share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.registry.market import Market


@pytest.fixture
def market(tmp_path: Path) -> Market:
    """An empty folder called ``shop``, with outside of it whatever a test puts there."""
    root = tmp_path / "shop"
    root.mkdir()
    return Market(root)
