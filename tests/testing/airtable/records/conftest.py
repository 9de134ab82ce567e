"""A server with two tables that are linked to each other."""

from __future__ import annotations

from collections.abc import Iterator

import pyairtable
import pytest

from pytest_syncguard.testing.airtable.server import AirtableServer
from tests.testing.airtable.records.bases import BASE


@pytest.fixture(scope="module")
def running() -> Iterator[AirtableServer]:
    with AirtableServer() as server:
        yield server


@pytest.fixture
def server(running: AirtableServer) -> AirtableServer:
    running.renew()
    running.call(lambda service: service.store.bases.save(BASE))
    return running


@pytest.fixture
def api(server: AirtableServer) -> pyairtable.Api:
    return pyairtable.Api(server.token, endpoint_url=server.url)


@pytest.fixture
def things(api: pyairtable.Api) -> pyairtable.Table:
    return api.table(BASE.id, "Things")


@pytest.fixture
def plugins(api: pyairtable.Api) -> pyairtable.Table:
    return api.table(BASE.id, "Plugins")
