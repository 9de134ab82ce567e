"""Tables of tests in a short form: ``{"Name": "singleLineText", "Plugin": {"type": ..., "linked": "Plugins"}}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.formulas.parse import FormulaError, compile_formula
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table, View
from pytest_syncguard.testing.airtable.shaping.adding import DEFAULT_VIEW, Wanted, add_field
from pytest_syncguard.testing.airtable.shaping.changing import table_named
from pytest_syncguard.testing.airtable.shaping.computing import LOOKUP
from pytest_syncguard.testing.airtable.shaping.expressions import VALUES
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError, fault, found
from pytest_syncguard.testing.airtable.shaping.specs import EXAMPLES, Fields, spec_fault, specs, spelled_out

LINKING = ("rollup", "count", LOOKUP)  # that have a link
_ISO: dict[str, Any] = {"dateFormat": {"name": "iso"}}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {  # options that the metadata API requires
    "number": {"precision": 0},
    "percent": {"precision": 0},
    "currency": {"precision": 2, "symbol": "$"},
    "duration": {"durationFormat": "h:mm"},
    "rating": {"icon": "star", "max": 5, "color": "yellowBright"},
    "checkbox": {"icon": "check", "color": "greenBright"},
    "singleSelect": {"choices": []},
    "multipleSelects": {"choices": []},
    "date": _ISO,
    "dateTime": {**_ISO, "timeFormat": {"name": "24hour"}, "timeZone": "utc"},
}


def make_table(base: Base, name: str, fields: Fields, *, description: str = "") -> Base:
    """The base with a new table, whose first field is its primary one.

    ``fields``: names with types, or with mappings of ``type`` and options, or a list of such mappings that have a
    ``name`` too. Options that Airtable requires have defaults. In the options ``choices`` may be a list of names,
    and other fields and tables are named: a link is ``linked`` to a table (``inverse``: the name of its field there,
    ``single``: whether it prefers one record), a count has a ``link``, a lookup a ``link`` and a ``field`` of the
    linked table, a rollup also a ``formula`` over ``values``, a lastModifiedTime looks at the fields in ``of``.
    Unlike Airtable's API this makes computed fields too; they may name fields that come after them.

    Raises `SyncguardError`: one line for what is wrong, with the nearest right name.
    """
    if not isinstance(name, str) or not name.strip():
        raise SchemaError([fault("table", name, "a name")])
    if any(name.strip().casefold() == table.name.casefold() for table in base.tables):
        raise SchemaError([f'table "{name}": the base has a table of this name already'])
    wanted = specs(name, fields)
    table = Table(new_id("tbl"), name.strip(), "", (), (View(new_id("viw"), DEFAULT_VIEW),), description)
    base = _all_added(base.with_table(table), table.id, wanted)
    table = base.table(table.id)
    order = tuple(table.by_name[each] for each in wanted)
    return base.with_table(replace(table, fields=order, primary=order[0].id))


def make_field(base: Base, table: str, name: str, said: Any) -> Base:
    """The base with a new field, the last of a table, by name or id. ``said``: as for `make_table`.

    Raises `SyncguardError`.
    """
    there = table_named(base, table)
    where = f'table "{there.name}", field {found(name)}'
    if not isinstance(name, str) or not name.strip():
        raise SchemaError([f"{where}: required a name"])
    if any(name.strip().casefold() == other.casefold() for other in there.by_name):
        raise SchemaError([f"{where}: the table has a field of this name already"])
    if told := spec_fault(where, said):
        raise SchemaError([told])
    return _added(base, there, name.strip(), spelled_out(said))


def _all_added(base: Base, table: str, wanted: Mapping[str, Mapping[str, Any]]) -> Base:
    """The fields one after the other; whoever names one that is not there yet has to wait for it."""
    waiting = dict(wanted)
    while waiting:
        first: SyncguardError | None = None
        for name, spec in list(waiting.items()):
            try:
                base = _added(base, base.table(table), name, spec)
                del waiting[name]
            except SyncguardError as error:
                first = first or error
        if first is not None and len(waiting) == len(wanted):
            raise first
        wanted = dict(waiting)
    return base


def _added(base: Base, table: Table, name: str, spec: Mapping[str, Any]) -> Base:
    where = f'table "{table.name}", field "{name}"'
    options = _options(base, table, where, spec)
    inverse, single = options.pop("inverse", ""), options.pop("single", False)
    wanted = Wanted(name, str(spec["type"]), options, str(spec.get("description") or ""), str(inverse or ""))
    try:
        base, made = add_field(base, table.id, wanted, computed=True)
    except AirtableError as error:
        raise SchemaError([f"{where}: {error.message or error.type}"]) from None
    if single:
        made = replace(made, options={**made.options, "prefersSingleRecordLink": True})
    return base.with_table(base.table(table.id).with_field(made))


def _options(base: Base, table: Table, where: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The options as the metadata API knows them."""
    kind = str(spec["type"])
    own = {key: value for key, value in spec.items() if key not in ("type", "description", "options")}
    options = {**DEFAULTS.get(kind, {}), **(spec.get("options") or {}), **own}
    if "choices" in options:
        options["choices"] = [{"name": each} if isinstance(each, str) else each for each in options["choices"]]
    if kind == LINK and "linkedTableId" not in options:
        tables = {each.name: each.id for each in base.tables} | {each.id: each.id for each in base.tables}
        linked = options.pop("linked", None)
        options["linkedTableId"] = _named(f"{where}, linked", linked, "a table of the base", tables, kind)
    if kind in LINKING and "recordLinkFieldId" not in options:
        link = _link(table, where, options.pop("link", None), kind)
        options["recordLinkFieldId"] = link.id
        if kind != "count":
            there = _ids(base.table(str(link.options["linkedTableId"])))
            asked = options.pop("field", None)
            target = _named(f"{where}, field", asked, "a field of the linked table", there, kind)
            options["fieldIdInLinkedTable"] = target
    if kind == "lastModifiedTime" and "of" in options:
        named = [_named(f"{where}, of", each, "a field of the table", _ids(table)) for each in options.pop("of")]
        options["referencedFieldIds"] = named
    if kind == "formula" and "formula" not in options:
        raise SchemaError([fault(f"{where}, formula", None, f"a formula, as in {EXAMPLES[kind]}")])
    if isinstance(formula := options.get("formula"), str):
        _check_formula(table, where, formula, rollup=kind == "rollup")
    return options


def _check_formula(table: Table, where: str, text: str, *, rollup: bool) -> None:
    """Whether it is one, of fields that are there."""
    try:
        references = compile_formula(text).references
    except FormulaError as error:
        raise SchemaError([f"{where}, formula: {error}"]) from None
    for reference in references:
        if rollup and reference not in (VALUES, *_ids(table)) and _is_function(reference):
            raise SchemaError([fault(f"{where}, formula", text, f"a formula over values, as in {reference}({VALUES})")])
        if not (rollup and reference == VALUES):
            _named(f"{where}, formula", reference, "a field of the table", _ids(table))


def _is_function(name: str) -> bool:
    try:
        compile_formula(f"{name}({VALUES})")
    except FormulaError:
        return False
    return True


def _link(table: Table, where: str, asked: Any, kind: str) -> Field:
    links = {name: known for name, known in _ids(table).items() if table.by_id[known].type == LINK}
    return table.by_id[_named(f"{where}, link", asked, "a link of the table", links, kind)]


def _ids(table: Table) -> dict[str, str]:
    """The ids of all fields, by name and by id."""
    return {field.name: field.id for field in table.fields} | {field.id: field.id for field in table.fields}


def _named(where: str, asked: Any, required: str, known: Mapping[str, str], kind: str = "") -> str:
    """The id of what is named. Raises `SchemaError` with the nearest name, and when nothing is named with an example
    of a field of that kind.
    """
    if not isinstance(asked, str) or asked not in known:
        example = f", as in {EXAMPLES[kind]}" if kind and asked is None else ""
        names = [name for name in known if known[name] != name]
        raise SchemaError([fault(where, asked, f"{required}{example}", names)])
    return known[asked]
