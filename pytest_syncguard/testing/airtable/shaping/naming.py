"""Names of tables and fields: each is unique among its like, whatever its case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid, invalid_parameters
from pytest_syncguard.testing.airtable.schema import Base, Table

LONGEST = 255  # characters of a name
LONGEST_DESCRIPTION = 20_000


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or the first of ``Name 2``, ``Name 3`` ... that nobody has."""
    used = {other.casefold() for other in taken}
    wanted, number = name, 1
    while wanted.casefold() in used:
        number += 1
        wanted = f"{name} {number}"
    return wanted


def table_name(base: Base, name: Any, but: str = "") -> str:
    """The name for a new table, or for the old one with the id ``but``. Raises DUPLICATE_TABLE_NAME."""
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST:
        raise invalid_parameters()
    if any(same(name, table.name) and table.id != but for table in base.tables):
        raise invalid(f'A table named "{name.strip()}" already exists in this base', "DUPLICATE_TABLE_NAME")
    return name.strip()


def field_name(table: Table, name: Any, but: str = "") -> str:
    """The name for a new field, or for the old one with the id ``but``. Raises DUPLICATE_OR_EMPTY_FIELD_NAME."""
    if not isinstance(name, str) or len(name) > LONGEST:
        raise invalid_parameters()
    if not name.strip() or any(same(name, field.name) and field.id != but for field in table.fields):
        raise AirtableError(422, "DUPLICATE_OR_EMPTY_FIELD_NAME")
    return name.strip()


def description(said: Any, *, new: bool = True) -> str:
    """The text of a description; None is none. For a new table or field it may be absent, but not empty."""
    if said is None:
        return ""
    if not isinstance(said, str) or len(said) > LONGEST_DESCRIPTION or (new and not said):
        raise invalid_parameters()
    return said


def same(one: str, other: str) -> bool:
    """Whether Airtable would take these names for one."""
    return one.strip().casefold() == other.strip().casefold()
