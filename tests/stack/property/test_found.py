"""What the property test found, each as a story of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.verdict import StepFinished
from tests.stack.property.client import Lags
from tests.stack.property.syncs import Sync
from tests.stack.property.world import Weather, World


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "project"


def test_an_error_that_is_read_before_it_arrives_stands_in_the_kept_log(root: Path) -> None:
    """The last lines, read once more, may hold an error that the follower gets later: the kept log shows it."""
    world = World(root, Weather(Lags(lines=0.2)))
    world.serve("server", "panics soon and stays")
    sync = Sync(world)

    sync.run()

    failed = sync.events[-2]
    assert isinstance(failed, StepFinished)
    assert failed.verdict.reason == "Step 2 FAILED: server rebuild error"
    assert Path(failed.log).read_text().splitlines()[-1] == "thread 'main' panicked at src/main.rs:1"
    assert failed.verdict.evidence[0].text == "thread 'main' panicked at src/main.rs:1"
