"""The public fixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_syncguard.handle import SyncedStack


@pytest.fixture(scope="session")
def synced_stack(request: pytest.FixtureRequest) -> SyncedStack:
    """The stack, in sync: `synced_stack.ui` is its address, `synced_stack["server"].verdict` a stage's verdict.

    Syncs once for the whole run, also under xdist, unless --sync-stack did so before the first test.
    """
    from pytest_syncguard.items import obtain_stack

    return obtain_stack(request)
