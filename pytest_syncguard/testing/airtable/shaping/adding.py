"""New tables and fields of a base, as the metadata API makes them. Every function returns another base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid, invalid_parameters
from pytest_syncguard.testing.airtable.fields.options import bad_options, not_creatable
from pytest_syncguard.testing.airtable.fields.registry import kind_of
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table, View
from pytest_syncguard.testing.airtable.shaping import naming
from pytest_syncguard.testing.airtable.shaping.computing import completed

PRIMARY = {"singleLineText", "multilineText", "phoneNumber", "email", "url", "barcode", "date", "dateTime"} | {
    *("number", "currency", "percent", "duration", "autoNumber", "formula")
}
DEFAULT_VIEW = "Grid view"
MOST_FIELDS = 500  # of a table


@dataclass(frozen=True)
class Wanted:
    """A field that is to be made. ``inverse``: the name that a link's field in the other table gets; else it is
    named after this table.
    """

    name: str
    type: str
    options: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    inverse: str = ""


def wanted(document: Any) -> Wanted:
    """From the body of a request. Raises INVALID_REQUEST_UNKNOWN."""
    if not isinstance(document, Mapping) or not document.keys() <= {"name", "type", "options", "description"}:
        raise invalid_parameters()
    name, kind, options = document.get("name"), document.get("type"), document.get("options")
    if not isinstance(name, str) or not isinstance(kind, str) or not isinstance(options, Mapping | None):
        raise invalid_parameters()
    return Wanted(name, kind, options or {}, naming.description(document.get("description")))


def add_base(name: Any, tables: Any) -> Base:
    """A new base with these tables, from the body of a request."""
    if not isinstance(name, str) or not name.strip() or len(name) > naming.LONGEST:
        raise invalid_parameters()
    if not isinstance(tables, list) or not tables:
        raise invalid_parameters()
    base = Base(new_id("app"), name.strip())
    for document in tables:
        base, _ = add_table(base, document)
    return base


def add_table(base: Base, document: Any) -> tuple[Base, Table]:
    """A new table, from the body of a request. Raises `AirtableError` (422)."""
    if not isinstance(document, Mapping) or not document.keys() <= {"name", "description", "fields"}:
        raise invalid_parameters()
    fields = document.get("fields")
    if not isinstance(fields, list) or not fields:
        raise invalid_parameters()
    name = naming.table_name(base, document.get("name"))
    described = naming.description(document.get("description"))
    return table_of(base, name, [wanted(each) for each in fields], described)


def table_of(
    base: Base, name: str, fields: Sequence[Wanted], described: str = "", *, computed: bool = False
) -> tuple[Base, Table]:
    """A new table with these fields, the first of which is the primary one, and with a grid view."""
    if fields[0].type not in PRIMARY:
        raise not_primary(f"{name}.{fields[0].name}", fields[0].type)
    table = Table(new_id("tbl"), name, "", (), (View(new_id("viw"), DEFAULT_VIEW),), described)
    base = base.with_table(table)
    for each in fields:
        base, _ = add_field(base, table.id, each, computed=computed)
    return base, base.table(table.id)


def add_field(base: Base, table_id: str, new: Wanted, *, computed: bool = False) -> tuple[Base, Field]:
    """A new field, the last of its table; a link gets its inverse in the other table.

    ``computed``: also of the types that the metadata API does not create. Raises `AirtableError` (422, 501).
    """
    table = base.table(table_id)
    if len(table.fields) >= MOST_FIELDS:
        raise invalid(f"A table may have {MOST_FIELDS} fields at most")
    name, path = naming.field_name(table, new.name), f"{table.name}.{new.name}"
    kind = kind_of(new.type)
    if not (kind.creatable or computed):
        raise not_creatable(new.type, path)
    made = Field(new_id("fld"), name, new.type, kind.configure(new.options, path), new.description)
    if made.type == LINK:
        return _linked(base, table, made, new, path)
    if kind.computed:
        made = completed(base, table, made, path)
    return base.with_table(with_new(table, made)), made


def _linked(base: Base, table: Table, made: Field, new: Wanted, path: str) -> tuple[Base, Field]:
    """The link, and its inverse unless it leads to its own table, where Airtable makes none."""
    other = next((each for each in base.tables if each.id == made.options["linkedTableId"]), None)
    if other is None:
        raise bad_options(path, f"{made.name}.options.linkedTableId is not a table of this base")
    view = made.options.get("viewIdForRecordSelection")
    if view is not None and all(view != each.id for each in other.views):
        raise bad_options(path, f"{made.name}.options.viewIdForRecordSelection is not a view of the linked table")
    if other.id == table.id:
        table = with_new(table, made)
        return base.with_table(with_primary(table)), made
    name = naming.field_name(other, new.inverse) if new.inverse else ""
    name = name or naming.unique(table.name, (each.name for each in other.fields))
    options = {"linkedTableId": table.id, "isReversed": False, "prefersSingleRecordLink": False}
    inverse = Field(new_id("fld"), name, LINK, {**options, "inverseLinkFieldId": made.id})
    made = replace(made, options={**made.options, "inverseLinkFieldId": inverse.id})
    return base.with_table(with_new(table, made)).with_table(with_new(other, inverse)), made


def with_new(table: Table, made: Field) -> Table:
    """With this field behind the others; views that show all fields show it, too."""
    before = set(table.by_id)
    views = tuple(
        replace(view, shown=(*view.shown, made.id)) if view.shown is not None and before <= set(view.shown) else view
        for view in table.views
    )
    return with_primary(replace(table.with_field(made), views=views))


def with_primary(table: Table) -> Table:
    """Whose first field is the primary one, unless another one is."""
    return table if table.primary in table.by_id else replace(table, primary=table.fields[0].id)


def not_primary(path: str, kind: str) -> AirtableError:
    return invalid(f"Invalid options for {path}: A field of type {kind} cannot be the primary field of a table")
