"""Tables and fields that are there get other names and descriptions, or go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid, invalid_parameters, not_covered
from pytest_syncguard.testing.airtable.fields.registry import kind_of
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table, View
from pytest_syncguard.testing.airtable.shaping import naming
from pytest_syncguard.testing.airtable.shaping.computing import completed, refreshed, users
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError, fault


def change_table(base: Base, table: Table, body: Mapping[str, Any]) -> Base:
    """As the body of a PATCH says. Raises `AirtableError` (422, 501)."""
    if "dateDependencySettings" in body:
        raise not_covered("The property dateDependencySettings of a table")
    if not body or not body.keys() <= {"name", "description"}:
        raise invalid_parameters()
    if "name" in body:
        table = replace(table, name=naming.table_name(base, body["name"], table.id))
    if "description" in body:
        table = replace(table, description=naming.description(body["description"], new=False))
    return base.with_table(table)


def change_field(base: Base, table: Table, field: Field, body: Mapping[str, Any]) -> Base:
    """As the body of a PATCH says; of the options only those of a formula. Raises `AirtableError` (422)."""
    if not body or not body.keys() <= {"name", "description", "options"}:
        raise invalid_parameters()
    if "name" in body:
        field = replace(field, name=naming.field_name(table, body["name"], field.id))
    if "description" in body:
        field = replace(field, description=naming.description(body["description"], new=False))
    if "options" not in body:
        return base.with_table(table.with_field(field))
    path = f"{table.name}.{field.name}"
    if field.type != "formula" or not isinstance(body["options"], Mapping):
        raise invalid(f"Invalid options for {path}: Updating {field.type} options is not supported at this time")
    field = replace(field, options=kind_of(field.type).configure(body["options"], path))
    field = completed(base, table, field, path)
    return refreshed(base.with_table(table.with_field(field)), field.id)


def rename_field(base: Base, table: str, field: str, name: str) -> Base:
    """Table and field by name or id. Raises `SchemaError` for names that are not there, and for one that is taken."""
    found = table_named(base, table)
    changed = _field(found, field)
    try:
        return change_field(base, found, changed, {"name": name})
    except AirtableError:
        where = f'table "{found.name}", field "{changed.name}"'
        raise SchemaError([fault(where, name, "a name that no other field has")]) from None


def rename_table(base: Base, table: str, name: str) -> Base:
    """The table by name or id. Raises `SchemaError`."""
    found = table_named(base, table)
    try:
        return change_table(base, found, {"name": name})
    except AirtableError:
        raise SchemaError([fault(f'table "{found.name}"', name, "a name that no other table has")]) from None


def drop_field(base: Base, table: str, field: str) -> Base:
    """Without that field, by name or id, and without the inverse of a link; what is computed from it is invalid.

    Raises `SchemaError` for names that are not there and for a primary field.
    """
    found = table_named(base, table)
    gone = _field(found, field)
    if gone.id == found.primary:
        raise SchemaError([f'table "{found.name}", field "{gone.name}": the primary field cannot be dropped'])
    base = _without(base, found, gone)
    inverse = gone.options.get("inverseLinkFieldId") if gone.type == LINK else None
    for other in base.tables:
        if isinstance(inverse, str) and inverse in other.by_id:
            base = _without(base, other, other.by_id[inverse])
    return base


def drop_table(base: Base, table: str) -> Base:
    """Without that table, by name or id, and without all links to it. Raises `SchemaError` for the only table."""
    found = table_named(base, table)
    if len(base.tables) == 1:
        raise SchemaError([f'table "{found.name}": the only table of a base cannot be dropped'])
    for other in base.tables:
        for field in other.fields:
            if field.type == LINK and found.id in (other.id, field.options.get("linkedTableId")):
                base = _without(base, other, field)
    return replace(base, tables=tuple(each for each in base.tables if each.id != found.id))


def table_named(base: Base, name: str) -> Table:
    """A table by name or id. Raises `SchemaError`."""
    found = next((each for each in base.tables if name in (each.id, each.name)), None)
    if found is None:
        raise SchemaError([fault("table", name, "a table of the base", (each.name for each in base.tables))])
    return found


def _field(table: Table, name: str) -> Field:
    found = table.by_name.get(name) or table.by_id.get(name)
    if found is None:
        raise SchemaError([fault(f'table "{table.name}", field', name, "a field of the table", table.by_name)])
    return found


def _without(base: Base, table: Table, field: Field) -> Base:
    table = base.table(table.id)
    fields = tuple(each for each in table.fields if each.id != field.id)
    views = tuple(_hiding(view, field.id) for view in table.views)
    base = base.with_table(replace(table, fields=fields, views=views))
    for other, user in list(users(base, field.id)):
        options: dict[str, Any] = {**user.options, "isValid": False}
        if "result" in options:
            options["result"] = None
        base = base.with_table(base.table(other.id).with_field(replace(user, options=options)))
    return base


def _hiding(view: View, field: str) -> View:
    return view if view.shown is None else replace(view, shown=tuple(each for each in view.shown if each != field))
