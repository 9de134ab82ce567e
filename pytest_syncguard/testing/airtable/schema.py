"""The schema of a base: tables, fields and views, as the metadata API tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pytest_syncguard.testing.airtable.errors import not_allowed, unknown_field

LINK = "multipleRecordLinks"


@dataclass(frozen=True)
class Field:
    """One column; ``options`` are the metadata API's own."""

    id: str
    name: str
    type: str
    options: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""

    @staticmethod
    def parse(document: Mapping[str, Any]) -> Field:
        said = (document.get("options") or {}, document.get("description") or "")
        return Field(document["id"], document["name"], document["type"], *said)

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"type": self.type}
        if self.options:
            document["options"] = dict(self.options)
        if self.description:
            document["description"] = self.description
        return document | {"id": self.id, "name": self.name}


@dataclass(frozen=True)
class View:
    """A view shows all records of its table: the API has no way to set a filter of it.

    ``shown``: the ids of the fields that it shows; None: all.
    """

    id: str
    name: str
    type: str = "grid"
    shown: tuple[str, ...] | None = None

    @staticmethod
    def parse(document: Mapping[str, Any]) -> View:
        shown = document.get("visibleFieldIds")
        view = View(document["id"], document["name"], document.get("type", "grid"))
        return view if shown is None else replace(view, shown=tuple(shown))

    def document(self, *, shown: bool = False) -> dict[str, Any]:
        document: dict[str, Any] = {"id": self.id, "name": self.name, "type": self.type}
        return document | {"visibleFieldIds": self.shown} if shown and self.shown is not None else document


@dataclass(frozen=True)
class Table:
    """Fields and views in their order; the primary field is one of the fields."""

    id: str
    name: str
    primary: str
    fields: tuple[Field, ...]
    views: tuple[View, ...] = ()
    description: str = ""

    @staticmethod
    def parse(document: Mapping[str, Any]) -> Table:
        fields = tuple(map(Field.parse, document["fields"]))
        primary = document.get("primaryFieldId") or fields[0].id
        views = tuple(map(View.parse, document.get("views") or ()))
        return Table(document["id"], document["name"], primary, fields, views, document.get("description") or "")

    def document(self, *, shown: bool = False) -> dict[str, Any]:
        """As the metadata API tells it; with ``shown`` views name the fields that they show."""
        document: dict[str, Any] = {"id": self.id, "name": self.name, "primaryFieldId": self.primary}
        if self.description:
            document["description"] = self.description
        document["fields"] = [each.document() for each in self.fields]
        document["views"] = [each.document(shown=shown) for each in self.views]
        return document

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {each.name: each for each in self.fields}

    @cached_property
    def by_id(self) -> Mapping[str, Field]:
        return {each.id: each for each in self.fields}

    def field(self, name_or_id: str) -> Field:
        """Raises UNKNOWN_FIELD_NAME."""
        found = self.by_name.get(name_or_id) or self.by_id.get(name_or_id)
        if found is None:
            raise unknown_field(name_or_id)
        return found

    def with_field(self, changed: Field) -> Table:
        """With this field instead of the one of the same id, or after all others."""
        if changed.id in self.by_id:
            return replace(self, fields=tuple(changed if old.id == changed.id else old for old in self.fields))
        return replace(self, fields=(*self.fields, changed))


@dataclass(frozen=True)
class Base:
    """Tables in their order. ``workspace``: the id of where it was made; ``created``: when, ISO 8601 in UTC. Both are
    empty where nobody said it.
    """

    id: str
    name: str
    tables: tuple[Table, ...] = ()
    workspace: str = ""
    created: str = ""

    @staticmethod
    def parse(document: Mapping[str, Any]) -> Base:
        tables = tuple(map(Table.parse, document["tables"]))
        made = (document.get("workspaceId") or "", document.get("createdTime") or "")
        return Base(document["id"], document.get("name") or "", tables, *made)

    def document(self, *, shown: bool = False) -> dict[str, Any]:
        """What ``load_schema`` takes, whole."""
        made = {"workspaceId": self.workspace, "createdTime": self.created}
        document = {"id": self.id, "name": self.name} | {key: said for key, said in made.items() if said}
        return document | {"tables": [each.document(shown=shown) for each in self.tables]}

    def table(self, name_or_id: str) -> Table:
        """Raises INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND, as for a table that may not be seen."""
        for table in self.tables:
            if name_or_id in (table.id, table.name):
                return table
        raise not_allowed()

    def with_table(self, changed: Table) -> Base:
        """With this table instead of the one of the same id, or after all others."""
        if any(table.id == changed.id for table in self.tables):
            return replace(self, tables=tuple(changed if old.id == changed.id else old for old in self.tables))
        return replace(self, tables=(*self.tables, changed))
