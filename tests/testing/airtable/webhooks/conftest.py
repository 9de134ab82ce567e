"""What the tests of webhooks share: the world, and somebody who is notified."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.testing.airtable.webhooks.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()
