"""Tables of tests in their short form."""

from __future__ import annotations

from typing import Any

import pytest
from pyairtable import Api

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.fields.registry import KINDS
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.shaping import make_field, make_table
from tests.testing.airtable.meta.raw import schema_of

PLUGINS = {"Name": "singleLineText", "Stars": {"type": "number", "precision": 1}}
TEXT = "singleLineText"


def plugins() -> schema.Base:
    return make_table(schema.Base(new_id("app"), "Catalogue"), "Plugins", PLUGINS)


def options(base: schema.Base, table: str, field: str) -> dict[str, Any]:
    return dict(base.table(table).field(field).options)


def test_table() -> None:
    """The fields stand in their order, the first of them being primary."""
    table = plugins().table("Plugins")

    assert [(field.name, field.type) for field in table.fields] == [("Name", TEXT), ("Stars", "number")]
    assert table.primary == table.field("Name").id
    assert table.field("Stars").options == {"precision": 1}
    assert [view.name for view in table.views] == ["Grid view"]


def test_list_of_fields() -> None:
    """A list of what the metadata API takes means the same."""
    fields: list[dict[str, Any]] = [
        {"name": "Name", "type": TEXT, "description": "d"},
        {"name": "N", "type": "number", "options": {"precision": 3}},
    ]
    table = make_table(plugins(), "T", fields, description="What").table("T")

    assert (table.description, table.field("Name").description) == ("What", "d")
    assert table.field("N").options == {"precision": 3}


LINKED = {
    "multipleRecordLinks": {"linked": "Plugins"},
    "formula": {"formula": "1"},
    "rollup": {"link": "Plugin", "field": "Stars", "formula": "SUM(values)"},
    "multipleLookupValues": {"link": "Plugin", "field": "Stars"},
    "count": {"link": "Plugin"},
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_type(kind: str) -> None:
    """A field of every type is made, with no more said than what it is about."""
    link = {"type": "multipleRecordLinks", "linked": "Plugins"}
    base = make_table(plugins(), "T", {"Name": TEXT, "Plugin": link, "F": {"type": kind, **LINKED.get(kind, {})}})

    assert base.table("T").field("F").type == kind


def test_link() -> None:
    """A link is to a table by its name or id; the name of the inverse may be chosen."""
    base = plugins()
    link = {"type": "multipleRecordLinks", "linked": base.tables[0].id, "inverse": "Used by", "single": True}
    base = make_table(base, "Agents", {"Name": TEXT, "Plugin": link})
    made, inverse = options(base, "Agents", "Plugin"), options(base, "Plugins", "Used by")

    assert made["inverseLinkFieldId"] == base.table("Plugins").field("Used by").id
    assert inverse["inverseLinkFieldId"] == base.table("Agents").field("Plugin").id
    assert (made["prefersSingleRecordLink"], inverse["prefersSingleRecordLink"]) == (True, False)


def test_link_to_itself() -> None:
    """A table may be linked to itself while it is made."""
    base = make_table(plugins(), "Tree", {"Name": TEXT, "Parent": {"type": "multipleRecordLinks", "linked": "Tree"}})

    assert options(base, "Tree", "Parent")["linkedTableId"] == base.table("Tree").id


def test_computed() -> None:
    """Computed fields know what they are computed from, by id, and the types of their results."""
    fields = {
        "Name": TEXT,
        "Total": {"type": "formula", "formula": "{Sum} + 1"},
        "Sum": {"type": "rollup", "link": "Plugin", "field": "Stars", "formula": "SUM(values)"},
        "Names": {"type": "lookup", "link": "Plugin", "field": "Name"},
        "Many": {"type": "count", "link": "Plugin"},
        "Changed": {"type": "lastModifiedTime", "of": ["Name"]},
        "Plugin": {"type": "multipleRecordLinks", "linked": "Plugins"},
    }
    base = make_table(plugins(), "Agents", fields)
    ids = {field.name: field.id for table in base.tables for field in reversed(table.fields)}
    agents = {field.name: field.id for field in base.table("Agents").fields}
    number = {"type": "number", "options": {"precision": 1}}

    assert list(agents) == list(fields)
    assert options(base, "Agents", "Total") == {
        "formula": f"{{{agents['Sum']}}} + 1",
        "isValid": True,
        "referencedFieldIds": [agents["Sum"]],
        "result": number,
    }
    assert options(base, "Agents", "Sum") == {
        "recordLinkFieldId": agents["Plugin"],
        "fieldIdInLinkedTable": ids["Stars"],
        "formula": "SUM(values)",
        "isValid": True,
        "referencedFieldIds": [],
        "result": number,
    }
    assert options(base, "Agents", "Names")["result"] == {"type": TEXT}
    assert options(base, "Agents", "Many") == {"recordLinkFieldId": agents["Plugin"], "isValid": True}
    assert options(base, "Agents", "Changed")["referencedFieldIds"] == [agents["Name"]]


def test_computed_is_read(server: AirtableServer, api: Api) -> None:
    """What is computed is told with the records, and its definition with the schema."""
    agents = {
        "Name": TEXT,
        "Plugin": {"type": "multipleRecordLinks", "linked": "Plugins"},
        "Sum": {"type": "rollup", "link": "Plugin", "field": "Stars", "formula": "SUM(values)"},
        "Best": {"type": "rollup", "link": "Plugin", "field": "Stars", "formula": "MAX(values)"},
        "Names": {"type": "lookup", "link": "Plugin", "field": "Name"},
        "Number": "autoNumber",
    }
    base = make_table(plugins(), "Agents", agents)
    server.call(lambda service: service.store.bases.save(base))
    made = api.table(base.id, "Plugins").batch_create([{"Name": "a", "Stars": 1.5}, {"Name": "b", "Stars": 2}])
    agent = api.table(base.id, "Agents").create({"Name": "x", "Plugin": [each["id"] for each in made]})

    computed = {"Sum": 3.5, "Best": 2, "Names": ["a", "b"], "Number": 1}
    assert agent["fields"] == {"Name": "x", "Plugin": [each["id"] for each in made], **computed}
    assert schema_of(api.base(base.id), "Agents").field("Best").type.value == "rollup"


NOWHERE = "fld" + "0" * 14
WRONG: list[tuple[Any, str]] = [
    ({}, 'table "T": found no fields, required one at least'),
    ({"A": "singleLineTxt"},
     'table "T", field "A", type: found "singleLineTxt", required a type of field; did you mean "singleLineText"?'),
    ({"A": 5}, 'table "T", field "A": found 5, required a type, or a mapping with type and options'),
    ({"A": {}}, 'table "T", field "A", type: found nothing, required a type of field'),
    ({"A": TEXT, "a": TEXT}, 'table "T", field "a": the table has a field of this name already'),
    ([{"type": TEXT}], 'table "T", field nothing: required a name'),
    ({"A": TEXT, "B": {"type": "number", "precision": 99}}, 'table "T", field "B": Invalid options for T.B'),
    ({"A": TEXT, "B": {"type": "number", "size": 1}}, 'table "T", field "B": Invalid options for T.B'),
    ({"A": TEXT, "B": {"type": "multipleRecordLinks", "linked": "Plugns"}},
     'table "T", field "B", linked: found "Plugns", required a table of the base; did you mean "Plugins"?'),
    ({"A": TEXT, "B": "multipleRecordLinks"},
     'table "T", field "B", linked: found nothing, required a table of the base, as in {"type": "multipleRecordL'),
    ({"A": TEXT, "B": "formula"},
     'table "T", field "B", formula: found nothing, required a formula, as in {"type": "formula", "formula": "UPPER('),
    ({"A": TEXT, "B": "count"},
     'table "T", field "B", link: found nothing, required a link of the table, as in {"type": "count", "link": "Pl'),
    ({"A": TEXT, "L": {"type": "multipleRecordLinks", "linked": "Plugins"}, "B": {"type": "lookup", "link": "L"}},
     'table "T", field "B", field: found nothing, required a field of the linked table, as in {"type": "lookup", '),
    ({"A": TEXT, "L": {"type": "multipleRecordLinks", "linked": "Plugins"},
      "B": {"type": "rollup", "link": "L", "field": "Stars", "formula": "SUM"}},
     'table "T", field "B", formula: found "SUM", required a formula over values, as in SUM(values)'),
    ({"A": "text"},
     'table "T", field "A", type: found "text", required a type of field; did you mean "singleLineText"?'),
    ({"A": TEXT, "B": "Long text"},
     'table "T", field "B", type: found "Long text", required a type of field; did you mean "multilineText"?'),
    ({"A": {"type": ["number"]}}, 'table "T", field "A", type: found a list, required a type of field'),
    (["Name"],
     'table "T", fields[0]: found "Name", required a mapping with name and type; or name fields as {name: type}'),
    ("Name", 'table "T", fields: found "Name", required a mapping of types by name'),
    (None, 'table "T", fields: found nothing, required a mapping of types by name'),
    ({"A": TEXT, "B": {"type": "singleSelect", "choices": "abc"}},
     'table "T", field "B", choices: found "abc", required a list of names'),
    ({"A": TEXT, "B": {"type": "singleSelect", "options": {"choices": "abc"}}},
     'table "T", field "B", choices: found "abc", required a list of names'),
    ({"A": TEXT, "B": {"type": "number", "options": 3}}, 'table "T", field "B", options: found 3, required a mapping'),
    ({"A": TEXT, "B": {"type": "lastModifiedTime", "of": "A"}},
     'table "T", field "B", of: found "A", required a list of names of fields'),
    ({"Name": TEXT, "B": {"type": "formula", "formula": "{Nme}"}},
     'table "T", field "B", formula: found "Nme", required a field of the table; did you mean "Name"?'),
    ({"Name": TEXT, "B": {"type": "formula", "formula": "{Name"}},
     'table "T", field "B", formula: Invalid formula. Please check your formula text.'),
    ({"Name": TEXT, "B": {"type": "count", "link": "Name"}},
     'table "T", field "B", link: found "Name", required a link of the table'),
    ({"Name": TEXT, "L": {"type": "multipleRecordLinks", "linked": "Plugins"},
      "B": {"type": "lookup", "link": "L", "field": "Star"}},
     'table "T", field "B", field: found "Star", required a field of the linked table; did you mean "Stars"?'),
    ({"Name": TEXT, "L": {"type": "multipleRecordLinks", "linked": "Plugins", "inverse": "stars"}},
     'table "T", field "L": DUPLICATE_OR_EMPTY_FIELD_NAME'),
    ({"Name": TEXT, "B": {"type": "lastModifiedTime", "of": ["Nme"]}},
     'table "T", field "B", of: found "Nme", required a field of the table; did you mean "Name"?'),
    ({"Name": TEXT, "B": {"type": "count", "recordLinkFieldId": NOWHERE}}, 'table "T", field "B": Invalid options'),
    ({"Name": TEXT, "L": {"type": "multipleRecordLinks", "linked": "Plugins"},
      "B": {"type": "lookup", "link": "L", "field": "Name", "options": {"fieldIdInLinkedTable": 1}, "more": 1}},
     'table "T", field "B": Invalid options'),
    ({"Name": TEXT, "B": {"type": "lastModifiedTime", "referencedFieldIds": [NOWHERE]}},
     'table "T", field "B": Invalid options for T.B: Failed schema validation: B.options.referencedFieldIds are not'),
    ({"Name": TEXT, "B": {"type": "formula", "formula": "{C}"}, "C": {"type": "formula", "formula": "{B}"}},
     'table "T", field "B", formula: found "C", required a field of the table'),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "said"), WRONG)
def test_wrong(fields: Any, said: str) -> None:
    """What is wrong is told in one line, with the nearest right name."""
    with pytest.raises(SyncguardError) as raised:
        make_table(plugins(), "T", fields)

    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


def test_all_wrong_types_at_once() -> None:
    """All wrong types are told together."""
    with pytest.raises(SyncguardError) as raised:
        make_table(plugins(), "T", {"A": "txt", "B": "nmber", "C": 7})

    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.parametrize("kind", ["checkbox", "multipleRecordLinks", "rollup", "createdTime"])
def test_not_primary(kind: str) -> None:
    """The first field must be of a type that may be primary."""
    with pytest.raises(SyncguardError, match=f'type: found "{kind}", required a type that the first field may have: '):
        make_table(plugins(), "T", {"A": kind})


@pytest.mark.parametrize("name", ["", " ", "plugins", None])
def test_wrong_name(name: Any) -> None:
    """A table has a name that no other one has."""
    with pytest.raises(SyncguardError, match="name"):
        make_table(plugins(), name, {"A": TEXT})


def test_field() -> None:
    """A field that comes later may be computed over links that came later."""
    base = make_table(
        plugins(), "Agents", {"Name": TEXT, "Plugin": {"type": "multipleRecordLinks", "linked": "Plugins"}}
    )
    base = make_field(base, "Plugins", "Used", {"type": "count", "link": "Agents"})
    base = make_field(base, base.table("Agents").id, " Names ", {"type": "lookup", "link": "Plugin", "field": "Name"})

    assert options(base, "Plugins", "Used")["recordLinkFieldId"] == base.table("Plugins").field("Agents").id
    assert options(base, "Agents", "Names")["result"] == {"type": TEXT}


@pytest.mark.parametrize(
    ("table", "name", "said", "told"),
    [
        ("Plugin", "A", TEXT, 'table: found "Plugin", required a table of the base; did you mean "Plugins"?'),
        ("Plugins", "name", TEXT, 'table "Plugins", field "name": the table has a field of this name already'),
        ("Plugins", "", TEXT, 'table "Plugins", field "": required a name'),
        ("Plugins", None, TEXT, 'table "Plugins", field nothing: required a name'),
        ("Plugins", "A", "text", 'table "Plugins", field "A", type: found "text", required'),
        ("Plugins", "A", {"type": "count", "link": "B"}, 'table "Plugins", field "A", link: found "B", required'),
    ],
)
def test_wrong_field(table: str, name: Any, said: Any, told: str) -> None:
    """As with those of a new table."""
    with pytest.raises(SyncguardError) as raised:
        make_field(plugins(), table, name, said)

    assert str(raised.value).startswith(told)
