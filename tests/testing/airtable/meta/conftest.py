"""What the tests of metadata share: a local Airtable, and a base on it that nobody else has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyairtable import Api, Base

from pytest_syncguard.testing.airtable.server import AirtableServer

WORKSPACE = "wsp" + "0" * 14
PLUGINS = {
    "name": "Plugins",
    "fields": [
        {"name": "Name", "type": "singleLineText", "description": "What it is called"},
        {"name": "Stars", "type": "number", "options": {"precision": 0}},
    ],
}


@pytest.fixture(scope="session")
def server() -> Iterator[AirtableServer]:
    with AirtableServer() as server:
        yield server


@pytest.fixture
def api(server: AirtableServer) -> Api:
    return Api(server.token, endpoint_url=server.url)


@pytest.fixture
def base(api: Api) -> Base:
    """With one table, Plugins."""
    return api.create_base(WORKSPACE, "Catalogue", [PLUGINS])
