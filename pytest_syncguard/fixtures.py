"""The public fixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_syncguard.handle import SyncedStack
    from pytest_syncguard.testing.airtable.local import LocalAirtable
    from pytest_syncguard.testing.airtable.server import AirtableServer


@pytest.fixture(scope="session")
def synced_stack(request: pytest.FixtureRequest) -> SyncedStack:
    """The stack, in sync: `synced_stack.ui` is its address, `synced_stack["server"].verdict` a stage's verdict.

    Syncs once for the whole run, also under xdist, unless --sync-stack did so before the first test.
    """
    from pytest_syncguard.items import obtain_stack

    return obtain_stack(request)


@pytest.fixture(scope="session")
def _airtable_server() -> Iterator[AirtableServer]:
    from pytest_syncguard.testing.airtable.server import AirtableServer

    with AirtableServer() as server:
        yield server


@pytest.fixture
def airtable(_airtable_server: AirtableServer) -> Iterator[LocalAirtable]:
    """A local Airtable with one empty base: `airtable.url`, `airtable.token` and `airtable.base` are what a client
    needs, `airtable.api()` is a pyairtable one. Nothing is shared with other tests. While it is in use, pyairtable
    cannot reach the real service.
    """
    from pytest_syncguard.testing.airtable.local import LocalAirtable

    _airtable_server.renew()
    with LocalAirtable(_airtable_server) as local:
        yield local
