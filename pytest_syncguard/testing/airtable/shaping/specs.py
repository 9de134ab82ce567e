"""What the fields of a table are to be, in the short form: checked before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pytest_syncguard.settings.faults import quoted
from pytest_syncguard.testing.airtable.fields.registry import KINDS
from pytest_syncguard.testing.airtable.schema import LINK
from pytest_syncguard.testing.airtable.shaping.adding import PRIMARY
from pytest_syncguard.testing.airtable.shaping.computing import LOOKUP
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError, fault, found

Fields: TypeAlias = "Mapping[str, Any] | Sequence[Mapping[str, Any]]"  # the values: a type, or a mapping
Spec: TypeAlias = "Mapping[str, Any]"

ALIASES = {"lookup": LOOKUP}
SAID = {  # what people call types, and what nothing else is named
    **dict.fromkeys(("text", "string", "str", "shorttext", "singleline"), "singleLineText"),
    **dict.fromkeys(("longtext", "multiline"), "multilineText"),
    **dict.fromkeys(("int", "integer", "float", "decimal"), "number"),
    **dict.fromkeys(("bool", "boolean"), "checkbox"),
    **dict.fromkeys(("select", "choice", "enum"), "singleSelect"),
    **dict.fromkeys(("multiselect", "multipleselect"), "multipleSelects"),
    **dict.fromkeys(("link", "links", "linkedrecord", "linktoanotherrecord"), LINK),
    **dict.fromkeys(("attachment", "attachments", "file", "files"), "multipleAttachments"),
    **dict.fromkeys(("user", "collaborator"), "singleCollaborator"),
    "phone": "phoneNumber",
}
EXAMPLES = {
    LINK: '{"type": "multipleRecordLinks", "linked": "Plugins"}',
    "formula": '{"type": "formula", "formula": "UPPER({Name})"}',
    "count": '{"type": "count", "link": "Plugin"}',
    LOOKUP: '{"type": "lookup", "link": "Plugin", "field": "Name"}',
    "rollup": '{"type": "rollup", "link": "Plugin", "field": "Stars", "formula": "SUM(values)"}',
}


def specs(table: str, fields: Any) -> dict[str, Spec]:
    """What each field is to be, by its name, in their order. Raises `SchemaError` that tells all faults."""
    named = _named(table, fields)
    checked: dict[str, Spec] = {}
    faults: list[str] = [] if named else [f'table "{table}": found no fields, required one at least']
    for field, said in named:
        where = f'table "{table}", field {found(field)}'
        if not isinstance(field, str) or not field.strip():
            faults.append(f"{where}: required a name")
        elif any(field.strip().casefold() == other.casefold() for other in checked):
            faults.append(f"{where}: the table has a field of this name already")
        elif told := spec_fault(where, said, first=not checked):
            faults.append(told)
        else:
            checked[field.strip()] = spelled_out(said)
    if faults:
        raise SchemaError(faults)
    return checked


def spelled_out(said: Any) -> Spec:
    """A type alone, or a mapping that was checked, as a mapping with Airtable's name of the type."""
    whole = {"type": said} if isinstance(said, str) else said
    return {**whole, "type": ALIASES.get(whole["type"], whole["type"])}


def spec_fault(where: str, said: Any, *, first: bool = False) -> str:
    """What is wrong with one field, in a line; nothing if it is well. ``first``: of its table."""
    if not isinstance(said, str | Mapping):
        return fault(where, said, "a type, or a mapping with type and options")
    whole = {"type": said} if isinstance(said, str) else said
    asked = whole.get("type")
    kind = ALIASES.get(asked, asked) if isinstance(asked, str) else asked
    if not isinstance(kind, str) or kind not in KINDS:
        right = SAID.get(kind.casefold().replace(" ", "")) if isinstance(kind, str) else None
        told = fault(f"{where}, type", asked, "a type of field", () if right else [*KINDS, *ALIASES])
        return f"{told}; did you mean {quoted(right)}?" if right else told
    if first and kind not in PRIMARY:
        return fault(f"{where}, type", kind, f"a type that the first field may have: {', '.join(sorted(PRIMARY))}")
    if not isinstance(options := whole.get("options"), Mapping | None):
        return fault(f"{where}, options", options, "a mapping")
    given = {**(options or {}), **whole}
    for key, of in {"choices": "names", "of": "names of fields"}.items():
        if key in given and (isinstance(given[key], str) or not isinstance(given[key], Sequence)):
            return fault(f"{where}, {key}", given[key], f"a list of {of}")
    return ""


def _named(table: str, fields: Any) -> list[tuple[Any, Any]]:
    if isinstance(fields, Mapping):
        return list(fields.items())
    if isinstance(fields, str) or not isinstance(fields, Sequence):
        raise SchemaError([fault(f'table "{table}", fields', fields, "a mapping of types by name")])
    for place, each in enumerate(fields):
        if not isinstance(each, Mapping):
            where = f'table "{table}", fields[{place}]'
            raise SchemaError([fault(where, each, "a mapping with name and type; or name fields as {name: type}")])
    return [(each.get("name"), {key: each[key] for key in each if key != "name"}) for each in fields]
