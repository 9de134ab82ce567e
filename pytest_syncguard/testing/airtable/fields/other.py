"""Fields of types that are not covered, as they come with the schema of a real base: read, but never written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_syncguard.testing.airtable.errors import computed_value
from pytest_syncguard.testing.airtable.fields.computed import worded
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.registry import KINDS
from pytest_syncguard.testing.airtable.schema import Field


class Other(Kind):
    """The cell is whatever JSON the real base had in it."""

    type = ""
    computed = True
    creatable = False

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return dict(options)

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        raise computed_value(field.name)

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        """Of an object, such as a text of an AI, its ``value``."""
        return worded(cell.get("value", cell) if isinstance(cell, Mapping) else cell, {}, showing)


_OTHER = Other()


def any_kind(name: str) -> Kind:
    """The kind of a field that is there, whatever its type."""
    return KINDS.get(name, _OTHER)
