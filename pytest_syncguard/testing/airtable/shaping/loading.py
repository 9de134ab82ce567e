"""A base from the very document that the metadata API answers for a real one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_syncguard.settings.faults import nearest
from pytest_syncguard.testing.airtable.fields.registry import KINDS, NOT_COVERED
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.schema import LINK, Base, Table, View
from pytest_syncguard.testing.airtable.shaping.faults import SLIP, SchemaError, fault, with_names
from pytest_syncguard.testing.airtable.shaping.options import option_faults
from pytest_syncguard.testing.airtable.shaping.references import reference_faults

TYPES = (*KINDS, *NOT_COVERED)
WHOLE = 'the schema of a base: an object with a list of "tables"'


def load_schema(document: Any) -> Base:
    """``{"id", "name", "tables": [...]}``, or ``{"tables": [...]}`` alone; all ids are kept.

    Without an id the base gets one that is made of that of its first table, the same each time. Fields of types
    that are not covered are kept, to be read. Raises `SchemaError`, a `SyncguardError`, with all faults: for each
    the path in the document, what was found and what is required.
    """
    if faults := schema_faults(document):
        raise SchemaError(with_names(faults, document))
    base = document.get("id") or f"app{document['tables'][0]['id'][3:]}"
    tables = [{key: table[key] for key in table if key != "records"} for table in document["tables"]]
    loaded = Base.parse({**document, "id": base, "tables": deepcopy(tables)})
    if dangling := list(reference_faults(loaded)):
        raise SchemaError(with_names(dangling, document))
    return replace(loaded, tables=tuple(replace(each, views=_views(each)) for each in loaded.tables))


def schema_faults(document: Any) -> list[str]:
    """What is wrong, a line each."""
    if not isinstance(document, Mapping) or not isinstance(document.get("tables"), list):
        return [fault("schema", document, WHOLE)]
    check = _Check()
    if document.get("id") is not None:
        check.id("id", document["id"], "app")
    if not document["tables"]:
        check.faults.append("tables: found none, required one at least")
    for key in ("name", "workspaceId", "createdTime"):
        if not isinstance(document.get(key), str | None):
            check.add(key, document[key], "a text")
    names: set[str] = set()
    for place, table in enumerate(document["tables"]):
        check.table(f"tables[{place}]", table, names)
    for where, link in check.links:
        check.link(where, link)
    return check.faults


@dataclass
class _Check:
    """``fields``: all that were found, by id, with the id of their table. ``links``: to be looked at in the end."""

    faults: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    fields: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    links: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def add(self, where: str, value: Any, required: str, names: Iterable[str] = ()) -> None:
        self.faults.append(fault(where, value, required, names))

    def id(self, where: str, value: Any, prefix: str) -> None:
        if not is_id(value, prefix):
            self.add(where, value, f'an id: "{prefix}" and 14 letters or digits')
        elif value in self.ids:
            self.add(where, value, "an id that nothing else has")
        else:
            self.ids.add(value)

    def named(self, where: str, document: Mapping[str, Any], prefix: str, names: set[str] | None = None) -> None:
        """With an id, a name that none of the ``names`` is, and perhaps a description."""
        self.id(f"{where}.id", document.get("id"), prefix)
        name, described = document.get("name"), document.get("description")
        if not isinstance(name, str) or not name:
            self.add(f"{where}.name", name, "a text")
        elif names is not None and name in names:
            self.add(f"{where}.name", name, "a name that no other one has")
        elif names is not None:
            names.add(name)
        if not isinstance(described, str | None):
            self.add(f"{where}.description", described, "a text")

    def table(self, where: str, document: Any, names: set[str]) -> None:
        if not isinstance(document, Mapping):
            return self.add(where, document, "a table: an object")
        self.named(where, document, "tbl", names)
        fields, views = document.get("fields"), document.get("views", [])
        if not isinstance(fields, list) or not fields:
            return self.add(f"{where}.fields", fields or None, "a list of fields, one at least")
        field_names: set[str] = set()
        for place, each in enumerate(fields):
            self.field(f"{where}.fields[{place}]", each, str(document.get("id")), field_names)
        known = [each.get("id") for each in fields if isinstance(each, Mapping)]
        primary = document.get("primaryFieldId")
        if primary is not None and primary not in known:
            self.add(f"{where}.primaryFieldId", primary, "the id of a field of the table")
        if not isinstance(views, list):
            return self.add(f"{where}.views", views, "a list of views")
        for place, each in enumerate(views):
            self.view(f"{where}.views[{place}]", each, known)
        return None

    def field(self, where: str, document: Any, table: str, names: set[str]) -> None:
        if not isinstance(document, Mapping):
            return self.add(where, document, "a field: an object")
        self.named(where, document, "fld", names)
        kind, options = document.get("type"), document.get("options")
        if not isinstance(kind, str) or not kind:
            return self.add(f"{where}.type", kind, "a type of field")
        if kind not in TYPES and nearest(kind, TYPES, SLIP):  # of other types there may be new ones, which are read
            return self.add(f"{where}.type", kind, "a type of field", TYPES)
        if not isinstance(options, Mapping | None):
            return self.add(f"{where}.options", options, "an object")
        self.faults += option_faults(f"{where}.options", kind, options or {})
        if isinstance(document.get("id"), str):
            self.fields[document["id"]] = (table, document)
        if kind == LINK:
            self.links.append((f"{where}.options", document))
        return None

    def view(self, where: str, document: Any, fields: list[Any]) -> None:
        if not isinstance(document, Mapping):
            return self.add(where, document, "a view: an object")
        self.named(where, document, "viw")
        if not isinstance(document.get("type", "grid"), str):
            self.add(f"{where}.type", document["type"], "a type of view")
        shown = document.get("visibleFieldIds")
        if shown is not None and not (isinstance(shown, list) and all(isinstance(each, str) for each in shown)):
            self.add(f"{where}.visibleFieldIds", shown, "a list of ids of fields")
        elif unknown := [each for each in shown or () if each not in fields]:
            self.add(f"{where}.visibleFieldIds", unknown[0], "ids of fields of the table")
        return None

    def link(self, where: str, document: Mapping[str, Any]) -> None:
        """It leads to a table of the document, and its inverse back."""
        options = document.get("options") or {}
        linked, inverse = options.get("linkedTableId"), options.get("inverseLinkFieldId")
        if linked not in [table for table, _ in self.fields.values()]:
            self.add(f"{where}.linkedTableId", linked, "the id of a table of the schema")
        if inverse is None:
            return
        table, other = self.fields.get(inverse, ("", {})) if isinstance(inverse, str) else ("", {})
        back = other.get("options")
        if table != linked or other.get("type") != LINK:
            self.add(f"{where}.inverseLinkFieldId", inverse, "the id of a link of the linked table")
        elif not isinstance(back, Mapping) or back.get("inverseLinkFieldId") != document.get("id"):
            self.add(f"{where}.inverseLinkFieldId", inverse, "the id of a link whose inverse is this one")


def _views(table: Table) -> tuple[View, ...]:
    """Views that show all fields in their order show those that come, too."""
    every = tuple(table.by_id)
    return tuple(replace(view, shown=None) if view.shown == every else view for view in table.views)
