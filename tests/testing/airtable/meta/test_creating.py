"""Bases, tables and fields are made."""

from __future__ import annotations

from typing import Any

import pytest
from pyairtable import Api, Base
from pyairtable.models.schema import FieldType

from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import OWNER
from pytest_syncguard.testing.airtable.tokens import SCOPES
from tests.testing.airtable.meta.conftest import PLUGINS, WORKSPACE
from tests.testing.airtable.meta.raw import make_field, refusal, schema_of

ISO = {"name": "iso", "format": "YYYY-MM-DD"}
HOURS = {"name": "24hour", "format": "HH:mm"}
OPTIONS: dict[str, Any] = {
    "number": {"precision": 2},
    "percent": {"precision": 1},
    "currency": {"precision": 2, "symbol": "€"},
    "duration": {"durationFormat": "h:mm"},
    "rating": {"icon": "heart", "max": 3, "color": "redBright"},
    "checkbox": {"icon": "check", "color": "greenBright"},
    "date": {"dateFormat": ISO},
    "dateTime": {"dateFormat": ISO, "timeFormat": HOURS, "timeZone": "utc"},
    "formula": {"formula": "1 + 1"},
}
PLAIN = ["singleLineText", "multilineText", "richText", "email", "url", "phoneNumber", "barcode", "singleCollaborator"]
PLAIN += ["multipleCollaborators", "multipleAttachments"]
NAME = {"name": "Name", "type": "singleLineText"}
NOT_CREATED = ["autoNumber", "button", "count", "createdBy", "createdTime", "lastModifiedBy", "lastModifiedTime"]
NOT_CREATED += ["multipleLookupValues", "rollup"]
NOT_PRIMARY = ["checkbox", "rating", "singleSelect", "multipleSelects", "multipleAttachments", "multipleRecordLinks"]
NOT_PRIMARY += ["singleCollaborator", "multipleCollaborators", "richText"]


def test_create_base(api: Api) -> None:
    """A base is made with its tables, in the workspace that was named, and may be written to at once."""
    base = api.create_base(WORKSPACE, "New", [PLUGINS, {"name": "Other", "fields": [NAME]}])

    assert [(table.name, table.schema().description) for table in base.tables()] == [("Plugins", None), ("Other", None)]
    assert base.table("Plugins").create({"Name": "a", "Stars": 3})["fields"] == {"Name": "a", "Stars": 3}


def test_workspace_creates_base(api: Api) -> None:
    """A workspace makes a base, too."""
    assert api.workspace(WORKSPACE).create_base("New", [PLUGINS]).name == "New"


def test_create_table(base: Base) -> None:
    """A table has its description, its fields in their order, the first of which is primary, and a grid view."""
    fields: list[dict[str, Any]] = [{"name": "Code", "type": "number", "options": {"precision": 0}}, NAME]
    table = base.create_table("Agents", fields, description="Who works").schema()

    assert (table.name, table.description) == ("Agents", "Who works")
    assert [field.name for field in table.fields] == ["Code", "Name"]
    assert table.primary_field_id == table.field("Code").id
    assert [view.name for view in table.views] == ["Grid view"]


@pytest.mark.parametrize("kind", [*PLAIN, *OPTIONS])
def test_create_field(base: Base, kind: str) -> None:
    """A field of any type that the API makes is told back as it was asked for."""
    made = make_field(base.table("Plugins"), "New", kind, OPTIONS.get(kind), "What for")
    found = schema_of(base).field("New")

    assert made.model_dump() == found.model_dump()
    assert (made.type, made.description) == (FieldType(kind), "What for")
    told = made.model_dump(by_alias=True).get("options") or {}
    assert OPTIONS.get(kind, {}).items() <= told.items()


def test_create_select(base: Base) -> None:
    """The options of a select get ids and colors."""
    made = make_field(
        base.table("Plugins"), "Kind", "singleSelect", options={"choices": [{"name": "a"}, {"name": "b"}]}
    )

    assert [choice.name for choice in made.options.choices] == ["a", "b"]
    assert all(choice.id.startswith("sel") and choice.color for choice in made.options.choices)


def test_create_link(base: Base) -> None:
    """A link makes its inverse in the other table, named after its own, and each names the other."""
    plugins = schema_of(base)
    agents = base.create_table("Agents", [NAME])
    link = make_field(agents, "Plugin", "multipleRecordLinks", options={"linkedTableId": plugins.id})
    inverse = schema_of(base).field("Agents")

    assert (link.options.linked_table_id, inverse.options.linked_table_id) == (plugins.id, agents.id)
    assert (link.options.inverse_link_field_id, inverse.options.inverse_link_field_id) == (inverse.id, link.id)
    assert (link.options.is_reversed, link.options.prefers_single_record_link) == (False, False)
    assert schema_of(base).views[0].visible_field_ids[-1] == inverse.id


def test_links_agree(base: Base) -> None:
    """What is written into a link is read from its inverse."""
    agents = base.create_table("Agents", [NAME])
    make_field(agents, "Plugin", "multipleRecordLinks", options={"linkedTableId": schema_of(base).id})
    plugin = base.table("Plugins").create({"Name": "p"})
    agent = agents.create({"Name": "a", "Plugin": [plugin["id"]]})

    assert base.table("Plugins").get(plugin["id"])["fields"]["Agents"] == [agent["id"]]


def test_second_link(base: Base) -> None:
    """The inverse of a second link has a name of its own."""
    agents = base.create_table("Agents", [NAME])
    for name in ("Uses", "Owns", "Knows"):
        make_field(agents, name, "multipleRecordLinks", options={"linkedTableId": schema_of(base).id})
    names = [field.name for field in schema_of(base).fields]

    assert names == ["Name", "Stars", "Agents", "Agents 2", "Agents 3"]


def test_link_to_itself(base: Base) -> None:
    """A link to its own table has no inverse."""
    plugins = schema_of(base)
    made = make_field(base.table("Plugins"), "Parent", "multipleRecordLinks", options={"linkedTableId": plugins.id})

    assert made.options.inverse_link_field_id is None
    assert [field.name for field in schema_of(base).fields] == ["Name", "Stars", "Parent"]


def test_link_of_new_table(base: Base) -> None:
    """A table may be made with a link to one that is there."""
    link = {"name": "Plugin", "type": "multipleRecordLinks", "options": {"linkedTableId": base.tables()[0].id}}
    base.create_table("Agents", [NAME, link])

    assert schema_of(base).field("Agents").type == FieldType.MULTIPLE_RECORD_LINKS


@pytest.mark.parametrize(
    ("formula", "kept", "result"),
    [
        ("{Stars} + 1", "{%Stars%} + 1", ("number", 0)),
        ("Stars / 2", "{%Stars%} / 2", ("number", 1)),
        ('Name & "{Stars}"', '{%Name%} & "{Stars}"', ("singleLineText", None)),
        ("IF(Stars > 1, TODAY(), BLANK())", "IF({%Stars%} > 1, TODAY(), BLANK())", ("date", None)),
        ("IF(Stars, NOW(), TODAY())", "IF({%Stars%}, NOW(), TODAY())", ("dateTime", None)),
        ("IF(Stars, 1.25, 2)", "IF({%Stars%}, 1.25, 2)", ("number", 2)),
        ("SWITCH(Name, 'a', 1, 'b', 'x')", "SWITCH({%Name%}, 'a', 1, 'b', 'x')", ("singleLineText", None)),
        ("MAX(Stars, 3)", "MAX({%Stars%}, 3)", ("number", 0)),
        ("MIN(TODAY(), NOW())", "MIN(TODAY(), NOW())", ("dateTime", None)),
        ("UPPER({Name})", "UPPER({%Name%})", ("singleLineText", None)),
    ],
)
def test_create_formula(base: Base, formula: str, kept: str, result: tuple[str, int | None]) -> None:
    """A formula is kept with the ids of its fields; the type of its result is told."""
    made = make_field(base.table("Plugins"), "F", "formula", options={"formula": formula}).options
    ids = {field.name: field.id for field in schema_of(base).fields}
    expected = kept.replace("%Stars%", ids["Stars"]).replace("%Name%", ids["Name"])

    assert (made.formula, made.is_valid) == (expected, True)
    assert made.referenced_field_ids == [ids[name] for name in ("Stars", "Name") if f"%{name}%" in kept]
    assert (made.result.type.value, getattr(getattr(made.result, "options", None), "precision", None)) == result


def test_formula_is_read(base: Base) -> None:
    """A formula that was made is computed, whatever its fields are called by then."""
    table = base.table("Plugins")
    make_field(table, "Twice", "formula", options={"formula": "{Stars} * 2"})
    record = table.create({"Name": "a", "Stars": 4})
    stars = schema_of(base).field("Stars")
    stars.name = "Points"
    stars.save()

    assert table.get(record["id"])["fields"] == {"Name": "a", "Points": 4, "Twice": 8}


@pytest.mark.parametrize("kind", NOT_CREATED)
def test_not_creatable(api: Api, base: Base, kind: str) -> None:
    """What is computed is not made by the API, as a field or with a table."""
    said = f"Invalid options for Plugins.X: Creating {kind} fields is not supported at this time"
    told = (422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE")

    assert refusal(api, "POST", fields_of(base), {"name": "X", "type": kind}) == (*told, said)
    table = {"name": "T", "fields": [NAME, {"name": "X", "type": kind}]}
    assert refusal(api, "POST", base.urls.tables, table)[:2] == told
    assert [each.name for each in base.schema(force=True).tables] == ["Plugins"]


@pytest.mark.parametrize("kind", NOT_PRIMARY)
def test_not_primary(api: Api, base: Base, kind: str) -> None:
    """A first field of a type that is not fit to be primary is refused."""
    told = refusal(api, "POST", base.urls.tables, {"name": "T", "fields": [{"name": "X", "type": kind}]})

    assert told[:2] == (422, "INVALID_REQUEST_UNKNOWN")
    assert f"type {kind} cannot be the primary field" in told[2]


@pytest.mark.parametrize("name", ["Plugins", "PLUGINS", " plugins "])
def test_table_name_taken(api: Api, base: Base, name: str) -> None:
    """The name of a table is its own, whatever its case."""
    told = refusal(api, "POST", base.urls.tables, {"name": name, "fields": [NAME]})

    assert told[:2] == (422, "DUPLICATE_TABLE_NAME")


@pytest.mark.parametrize("name", ["Name", "NAME", " name ", "", "  "])
def test_field_name_taken(api: Api, base: Base, name: str) -> None:
    """The name of a field is its own within the table, whatever its case, and not empty."""
    told = refusal(api, "POST", fields_of(base), {"name": name, "type": "email"})
    assert told[:2] == (422, "DUPLICATE_OR_EMPTY_FIELD_NAME")

    table = {"name": "T", "fields": [NAME, {"name": name, "type": "email"}]}
    assert refusal(api, "POST", base.urls.tables, table)[:2] == (422, "DUPLICATE_OR_EMPTY_FIELD_NAME")


FIELD_FAULTS: list[tuple[Any, int, str]] = [
    ({}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "X"}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"type": "email"}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": 1, "type": "email"}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "X", "type": "longText"}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "X", "type": "email", "options": []}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "X", "type": "email", "description": ""}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "X", "type": "email", "description": "x" * 20_001}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "X" * 256, "type": "email"}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "X", "type": "email", "extra": 1}, 422, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "X", "type": "aiText"}, 501, "NOT_IMPLEMENTED"),
    ({"name": "X", "type": "number"}, 422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
    ({"name": "X", "type": "number", "options": {"precision": 99}}, 422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
    ({"name": "X", "type": "formula", "options": {"formula": "1 +"}}, 422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
    ({"name": "X", "type": "formula", "options": {"formula": "{No}"}}, 422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
    (
        {"name": "X", "type": "multipleRecordLinks", "options": {"linkedTableId": "tbl" + "0" * 14}},
        422,
        "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
    ),
    ([NAME], 422, "INVALID_REQUEST_UNKNOWN"),
]


@pytest.mark.parametrize(("body", "status", "kind"), FIELD_FAULTS)
def test_field_refused(api: Api, base: Base, body: Any, status: int, kind: str) -> None:
    """What is wrong with a new field is told, and nothing is made."""
    assert refusal(api, "POST", fields_of(base), body)[:2] == (status, kind)
    assert len(schema_of(base).fields) == 2


def test_wrong_view_of_link(api: Api, base: Base) -> None:
    """The view that a link selects from must be one of the linked table."""
    options = {"linkedTableId": base.tables()[0].id, "viewIdForRecordSelection": "viw" + "0" * 14}
    told = refusal(api, "POST", fields_of(base), {"name": "X", "type": "multipleRecordLinks", "options": options})

    assert told[1] == "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"
    assert "viewIdForRecordSelection" in told[2]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "T"},
        {"name": "T", "fields": []},
        {"name": "T", "fields": {}},
        {"name": "T", "fields": ["Name"]},
        {"name": "", "fields": [NAME]},
        {"name": 5, "fields": [NAME]},
        {"name": "T", "fields": [NAME], "views": []},
        {"name": "T", "fields": [NAME], "description": ""},
    ],
)
def test_table_refused(api: Api, base: Base, body: Any) -> None:
    """A table needs a name and fields, and nothing else that is not known."""
    assert refusal(api, "POST", base.urls.tables, body)[:2] == (422, "INVALID_REQUEST_UNKNOWN")
    assert len(base.schema(force=True).tables) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"name": "B", "workspaceId": WORKSPACE},
        {"name": "B", "workspaceId": WORKSPACE, "tables": []},
        {"name": "B", "workspaceId": "mine", "tables": [PLUGINS]},
        {"name": "B", "tables": [PLUGINS]},
        {"name": " ", "workspaceId": WORKSPACE, "tables": [PLUGINS]},
        {"name": "B", "workspaceId": WORKSPACE, "tables": [PLUGINS], "more": 1},
        {"name": "B", "workspaceId": WORKSPACE, "tables": [{"name": "T", "fields": []}]},
    ],
)
def test_base_refused(api: Api, body: Any) -> None:
    """A base needs a name, a workspace and tables."""
    before = len(api.bases())

    assert refusal(api, "POST", api.urls.bases, body)[:2] == (422, "INVALID_REQUEST_UNKNOWN")
    assert len(api.bases(force=True)) == before


def test_base_of_limited_token(server: AirtableServer, base: Base) -> None:
    """A token for some bases makes no other one."""
    api = Api(server.service.tokens.add(OWNER, bases=[base.id]), endpoint_url=server.url)
    body = {"name": "B", "workspaceId": WORKSPACE, "tables": [PLUGINS]}

    assert refusal(api, "POST", api.urls.bases, body)[:2] == (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")


@pytest.mark.parametrize("path", ["", "/{base}/tables", "/{base}/tables/Plugins/fields"])
def test_scope(server: AirtableServer, base: Base, path: str) -> None:
    """Whoever makes anything needs the scope for it."""
    api = Api(server.service.tokens.add(OWNER, scopes=SCOPES - {"schema.bases:write"}), endpoint_url=server.url)
    url = f"{server.url}/v0/meta/bases{path.format(base=base.id)}"

    assert refusal(api, "POST", url, {})[:2] == (403, "INVALID_PERMISSIONS")


def test_unknown_table(api: Api, base: Base) -> None:
    """A field of a table that is not there is refused as one that may not be seen."""
    told = refusal(api, "POST", base.urls.tables / "Nope" / "fields", {"name": "X", "type": "email"})

    assert told[:2] == (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")


def test_too_many_fields(api: Api, base: Base) -> None:
    """A table has 500 fields at most."""
    fields = [{"name": f"F{number}", "type": "singleLineText"} for number in range(501)]

    assert refusal(api, "POST", base.urls.tables, {"name": "Wide", "fields": fields})[0] == 422
    assert len(base.create_table("Wide", fields[:500]).schema().fields) == 500


def fields_of(base: Base) -> str:
    return str(base.urls.tables / "Plugins" / "fields")
