"""Which test proves what of pyairtable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T", bound=Callable[..., object])


def covers(*methods: str) -> Callable[[T], T]:
    """Says that a test calls these public methods, such as ``Table.first``; `test_coverage` checks that it does.

    In the test an `Api` is called ``api``, a `Base` ``base``, and a `Table` anything else.
    """

    def same(test: T) -> T:
        return test

    return same
