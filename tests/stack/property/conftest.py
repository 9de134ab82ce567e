from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_syncguard.stack.promise import Promise


class Ended:
    """A thread that has done its work."""

    def is_alive(self) -> bool:
        return False

    def join(self) -> None:
        """There is nothing to wait for."""


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual time passes in one thread: what would be asked in the background is asked at once, as early as can be."""

    def at_once(promise: Any, work: Callable[[], object]) -> None:
        promise.since, promise._work, promise._error, promise._thread = time.monotonic(), work, None, Ended()
        promise._run()

    monkeypatch.setattr(Promise, "__init__", at_once)
