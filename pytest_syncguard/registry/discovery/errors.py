"""Why there is no telling which components there are."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_syncguard.errors import SyncguardError


class DiscoveryError(SyncguardError):
    """Marketplaces cannot be read. ``str()`` is one line for each, with the cure."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(" ".join(fault.splitlines()) for fault in faults)
        super().__init__("\n".join(self.faults))
