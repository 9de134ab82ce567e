"""The embedded driver: builds and serves stages as plain processes that outlive the run.

The driver is imported when it is first asked for: the keeper of a process lives in this package too, and it
should start quickly and carry little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_syncguard.stack.drivers.process.driver import ProcessDriver

__all__ = ["ProcessDriver"]


def __getattr__(name: str) -> object:
    if name == "ProcessDriver":
        from pytest_syncguard.stack.drivers.process.driver import ProcessDriver

        return ProcessDriver
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
