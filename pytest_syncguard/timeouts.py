"""pytest-timeout: a sync has time limits of its own, so the clock of the test that asked for it stands still."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

TIMER = pytest.StashKey["TimerPause"]()


def timer_of(config: pytest.Config) -> TimerPause:
    """This process's. Where there is pytest-timeout, it must be there before the first timer is set."""
    if TIMER not in config.stash:
        config.stash[TIMER] = timer = TimerPause()
        config.pluginmanager.register(timer, "syncguard-timer")
    return config.stash[TIMER]


class TimerPause:
    """Knows the timer of the running test, and sets it anew after a pause."""

    def __init__(self) -> None:
        self._armed: tuple[pytest.Item, Any] | None = None

    @pytest.hookimpl(wrapper=True, optionalhook=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> Generator[None, object, object]:
        self._armed = (item, settings)
        return (yield)

    @pytest.hookimpl(wrapper=True, optionalhook=True)
    def pytest_timeout_cancel_timer(self, item: pytest.Item) -> Generator[None, object, object]:  # noqa: ARG002
        self._armed = None
        return (yield)

    @contextmanager
    def pause(self) -> Iterator[None]:
        """No timeout within; after it the test has its full time."""
        if self._armed is None:
            yield
            return
        item, settings = self._armed
        hook = item.config.pluginmanager.hook
        hook.pytest_timeout_cancel_timer(item=item)
        try:
            yield
        finally:
            hook.pytest_timeout_set_timer(item=item, settings=settings)
