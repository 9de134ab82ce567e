"""What the contract tests share: an endpoint, and tables on it."""

from __future__ import annotations

from collections.abc import Iterator

import pyairtable
import pytest

from tests.contract.airtable.endpoint import Endpoint, opened


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Endpoint]:
    with opened() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def shared(endpoint: Endpoint) -> pyairtable.Table:
    """One for all tests of a module, since tables of the real service stay for ever."""
    fields = ("singleLineText", "number", "checkbox", "singleSelect", "multipleSelects", "date", "multilineText")
    names = ("Name", "Count", "Done", "Status", "Tags", "Day", "Notes")
    return endpoint.make(dict(zip(names, fields, strict=True)))


@pytest.fixture
def table(shared: pyairtable.Table) -> pyairtable.Table:
    """It has no records, and the fields Name, Count, Done, Status, Tags, Day and Notes."""
    if left := [record["id"] for record in shared.all(fields=[])]:
        shared.batch_delete(left)
    return shared
