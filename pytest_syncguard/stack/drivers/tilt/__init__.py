"""The driver for stacks that Tilt runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_syncguard.stack.drivers.tilt.driver import TiltDriver

__all__ = ["TiltDriver"]


def __getattr__(name: str) -> Any:
    """The driver, once somebody wants it: to ask Tilt ahead, less has to be imported."""
    if name == "TiltDriver":
        from pytest_syncguard.stack.drivers.tilt.driver import TiltDriver

        return TiltDriver
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
