"""What holds for all tests."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from tests import engines


def pytest_configure() -> None:
    """Engines that were said to be there are, before any test could be skipped for want of one."""
    if faults := engines.faults():
        raise pytest.UsageError("\n".join(faults))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shared among processes, the tests that may take longest come first, so that none is waited for in the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=_limit, reverse=True)


def _limit(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker and marker.args else 0.0


@pytest.fixture(autouse=True, scope="session")
def hangups_are_heard() -> Iterator[None]:
    """Under nohup SIGHUP is ignored, by all that is started, too: tests that send it would test nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
