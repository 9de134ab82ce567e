"""Tables of tests in a short form: ``{"Name": "singleLineText", "Plugin": {"type": ..., "linked": "Plugins"}}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fields.registry import KINDS
from pytest_syncguard.testing.airtable.formulas.parse import FormulaError, compile_formula
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table, View
from pytest_syncguard.testing.airtable.shaping.adding import DEFAULT_VIEW, PRIMARY, Wanted, add_field
from pytest_syncguard.testing.airtable.shaping.computing import LOOKUP
from pytest_syncguard.testing.airtable.shaping.expressions import VALUES
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError, fault, found

Fields: TypeAlias = "Mapping[str, Any] | Sequence[Mapping[str, Any]]"  # the values: a type, or a mapping

ALIASES = {"lookup": LOOKUP}
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
    wanted = _specs(name, fields)
    table = Table(new_id("tbl"), name.strip(), "", (), (View(new_id("viw"), DEFAULT_VIEW),), description)
    base = _all_added(base.with_table(table), table.id, wanted)
    table = base.table(table.id)
    order = tuple(table.by_name[each] for each in wanted)
    return base.with_table(replace(table, fields=order, primary=order[0].id))


def _specs(name: str, fields: Fields) -> dict[str, Mapping[str, Any]]:
    """What each field is to be, by its name, in their order. Raises `SchemaError` that tells all faults."""
    named: list[tuple[Any, Any]] = []
    if isinstance(fields, Mapping):
        named += fields.items()
    else:
        named += [(each.get("name"), {key: each[key] for key in each if key != "name"}) for each in fields]
    specs: dict[str, Mapping[str, Any]] = {}
    faults: list[str] = [] if named else [f'table "{name}": found no fields, required one at least']
    for field, said in named:
        where = f'table "{name}", field {found(field)}'
        spec = {"type": said} if isinstance(said, str) else said
        if not isinstance(field, str) or not field.strip():
            faults.append(f"{where}: required a name")
        elif any(field.strip().casefold() == other.casefold() for other in specs):
            faults.append(f"{where}: the table has a field of this name already")
        elif not isinstance(spec, Mapping):
            faults.append(fault(where, spec, "a type, or a mapping with type and options"))
        elif (kind := ALIASES.get(str(spec.get("type")), spec.get("type"))) not in KINDS:
            faults.append(fault(f"{where}, type", spec.get("type"), "a type of field", [*KINDS, *ALIASES]))
        elif not specs and kind not in PRIMARY:
            faults.append(fault(f"{where}, type", kind, f"a type that the first field may have: {_listed(PRIMARY)}"))
        else:
            specs[field.strip()] = {**spec, "type": kind}
    if faults:
        raise SchemaError(faults)
    return specs


def _all_added(base: Base, table: str, specs: Mapping[str, Mapping[str, Any]]) -> Base:
    """The fields one after the other; whoever names one that is not there yet has to wait for it."""
    waiting = dict(specs)
    while waiting:
        first: SyncguardError | None = None
        for name, spec in list(waiting.items()):
            try:
                base = _added(base, base.table(table), name, spec)
                del waiting[name]
            except SyncguardError as error:
                first = first or error
        if first is not None and len(waiting) == len(specs):
            raise first
        specs = dict(waiting)
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
    if isinstance(choices := options.get("choices"), Sequence):
        options["choices"] = [{"name": each} if isinstance(each, str) else each for each in choices]
    if kind == LINK and "linkedTableId" not in options:
        tables = {each.name: each.id for each in base.tables} | {each.id: each.id for each in base.tables}
        options["linkedTableId"] = _named(
            f"{where}, linked", options.pop("linked", None), "a table of the base", tables
        )
    if kind in LINKING and "recordLinkFieldId" not in options:
        link = _link(table, where, options.pop("link", None))
        options["recordLinkFieldId"] = link.id
        if kind != "count":
            there = _ids(base.table(str(link.options["linkedTableId"])))
            target = _named(f"{where}, field", options.pop("field", None), "a field of the linked table", there)
            options["fieldIdInLinkedTable"] = target
    if kind == "lastModifiedTime" and "of" in options:
        asked = options.pop("of")
        named = [_named(f"{where}, of", each, "a field of the table", _ids(table)) for each in asked]
        options["referencedFieldIds"] = named
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
        if not (rollup and reference == VALUES):
            _named(f"{where}, formula", reference, "a field of the table", _ids(table))


def _link(table: Table, where: str, asked: Any) -> Field:
    links = {name: known for name, known in _ids(table).items() if table.by_id[known].type == LINK}
    return table.by_id[_named(f"{where}, link", asked, "a link of the table", links)]


def _ids(table: Table) -> dict[str, str]:
    """The ids of all fields, by name and by id."""
    return {field.name: field.id for field in table.fields} | {field.id: field.id for field in table.fields}


def _named(where: str, asked: Any, required: str, known: Mapping[str, str]) -> str:
    """The id of what is named. Raises `SchemaError` with the nearest name."""
    if not isinstance(asked, str) or asked not in known:
        raise SchemaError([fault(where, asked, required, [name for name in known if known[name] != name])])
    return known[asked]


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
