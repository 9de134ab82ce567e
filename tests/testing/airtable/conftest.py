"""A server for the whole run, and the world that it is for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_syncguard.testing.airtable.server import AirtableServer
from tests.testing.airtable.world import World, emptied


@pytest.fixture(scope="session")
def server() -> Iterator[AirtableServer]:
    with AirtableServer() as server:
        yield server


@pytest.fixture
def world(server: AirtableServer) -> World:
    return emptied(server)


@pytest.fixture
def record(world: World) -> str:
    """The id of a task."""
    return world.tasks.create({"Name": "a"})["id"]
