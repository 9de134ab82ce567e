"""What the tests of webhooks share: the world, and somebody who is notified."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pytest_syncguard.testing.airtable.server import AirtableServer
from tests.testing.airtable.webhooks.receiver import Receiver
from tests.testing.airtable.world import World, emptied


@pytest.fixture(scope="session")
def server() -> Iterator[AirtableServer]:
    with AirtableServer() as server:
        yield server


@pytest.fixture
def world(server: AirtableServer) -> World:
    return emptied(server)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()
