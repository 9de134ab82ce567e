"""A plugin of the project that bad input is given to: a driver that costs no time."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_syncguard.stack.drivers.base import DriverFactory
from pytest_syncguard.testing.fake import FakeDriver


def pytest_syncguard_drivers() -> Mapping[str, DriverFactory]:
    return {"fake": FakeDriver}
