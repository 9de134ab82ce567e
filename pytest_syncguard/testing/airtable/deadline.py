"""How long a request may be worked on: everybody else waits meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pytest_syncguard.testing.airtable.errors import AirtableError

_end: ContextVar[float] = ContextVar("end", default=float("inf"))


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """What is worked on within may take so long, in seconds of this thread's own computing: a machine that is busy
    with other things does not count.
    """
    token = _end.set(time.thread_time() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def check() -> None:
    """Called now and then by whatever may take long. Raises RETRIABLE_ERROR (503), as Airtable documents it for
    requests that take too long.
    """
    if time.thread_time() > _end.get():
        raise AirtableError(503, "RETRIABLE_ERROR", "The server could not process your request in time")
