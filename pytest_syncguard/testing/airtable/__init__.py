"""A local Airtable on loopback, which pyairtable cannot tell from the real one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_syncguard.testing.airtable.environment import uploads_to
    from pytest_syncguard.testing.airtable.faults import FaultNotStruck
    from pytest_syncguard.testing.airtable.local import LocalAirtable
    from pytest_syncguard.testing.airtable.server import AirtableServer

__all__ = ["AirtableServer", "FaultNotStruck", "LocalAirtable", "uploads_to"]

_MODULES = {
    "AirtableServer": "server",
    "FaultNotStruck": "faults",
    "LocalAirtable": "local",
    "uploads_to": "environment",
}


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: a server costs more than a package may."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
