"""A base stands up from the document of a real one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from pyairtable import Api, Base

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.clone import restore
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.shaping import load_schema, make_table
from pytest_syncguard.testing.airtable.shaping.references import warnings
from tests.testing.airtable.meta.raw import make_field, refusal, schema_of

A, B = "tbl" + "A" * 14, "tbl" + "B" * 14


def fld(name: str) -> str:
    return f"fld{name:0<14}"


REAL: dict[str, Any] = {  # as the metadata API tells it
    "id": "app" + "R" * 14,
    "name": "Real",
    "tables": [
        {
            "id": A,
            "name": "Tasks",
            "description": "What to do",
            "primaryFieldId": fld("Name"),
            "fields": [
                {"id": fld("Name"), "name": "Name", "type": "singleLineText", "description": "The name"},
                {
                    "id": fld("Kind"),
                    "name": "Kind",
                    "type": "singleSelect",
                    "options": {"choices": [{"id": "sel" + "0" * 14, "name": "a", "color": "redBright", "more": 1}]},
                },
                {
                    "id": fld("Who"),
                    "name": "Who",
                    "type": "multipleRecordLinks",
                    "options": {
                        "linkedTableId": B,
                        "isReversed": False,
                        "prefersSingleRecordLink": True,
                        "inverseLinkFieldId": fld("Tasks"),
                    },
                },
                {
                    "id": fld("Shout"),
                    "name": "Shout",
                    "type": "formula",
                    "options": {
                        "formula": f"UPPER({{{fld('Name')}}})",
                        "isValid": True,
                        "referencedFieldIds": [fld("Name")],
                        "result": {"type": "singleLineText"},
                    },
                },
                {
                    "id": fld("Gone"),
                    "name": "Gone",
                    "type": "rollup",
                    "options": {
                        "isValid": False,
                        "recordLinkFieldId": None,
                        "fieldIdInLinkedTable": None,
                        "referencedFieldIds": None,
                        "result": None,
                    },
                },
                {
                    "id": fld("Sums"),
                    "name": "Sums up",
                    "type": "aiText",
                    "options": {"prompt": ["Of ", {"field": {"fieldId": fld("Name")}}], "referencedFieldIds": []},
                },
                {"id": fld("New"), "name": "Of tomorrow", "type": "quantumState", "options": {"spin": 0.5}},
            ],
            "views": [
                {"id": "viw" + "0" * 14, "name": "All", "type": "grid", "visibleFieldIds": [fld("Name"), fld("Who")]},
                {"id": "viw" + "1" * 14, "name": "Board", "type": "kanban", "personalForUserId": "usr" + "0" * 14},
            ],
        },
        {
            "id": B,
            "name": "People",
            "primaryFieldId": fld("Person"),
            "fields": [
                {"id": fld("Person"), "name": "Person", "type": "singleLineText"},
                {
                    "id": fld("Tasks"),
                    "name": "Tasks",
                    "type": "multipleRecordLinks",
                    "options": {
                        "linkedTableId": A,
                        "isReversed": False,
                        "prefersSingleRecordLink": False,
                        "inverseLinkFieldId": fld("Who"),
                    },
                },
            ],
            "views": [],
        },
    ],
}


@pytest.fixture(scope="module")
def real(server: AirtableServer) -> Base:
    server.call(lambda service: restore(service, REAL))
    return Api(server.token, endpoint_url=server.url).base(REAL["id"])


def test_told_as_it_was(real: Base) -> None:
    """The document is told back to the letter, but for who a view belongs to."""
    expected = copy.deepcopy(REAL["tables"])
    for view in expected[0]["views"]:
        view.pop("personalForUserId", None)

    assert real.api.get(real.urls.tables, params={"include": "visibleFieldIds"})["tables"] == expected


def test_used(real: Base) -> None:
    """Records are written and computed by it; fields of types that are not covered stay empty."""
    person = real.table("People").create({"Person": "Ada"})
    task = real.table("Tasks").create({"Name": "a", "Kind": "a", "Who": [person["id"]]})

    assert task["fields"]["Shout"] == "A"
    assert not task["fields"].keys() & {"Sums up", "Of tomorrow"}
    assert real.table("People").get(person["id"])["fields"]["Tasks"] == [task["id"]]


def test_not_covered_is_read_only(real: Base) -> None:
    """Who writes into a field of a type that is not covered is refused; all others may be replaced beside it."""
    table = real.table("Tasks")
    task = table.create({"Name": "b"})
    url = str(table.urls.record(task["id"]))

    assert refusal(real.api, "PATCH", url, {"fields": {"Of tomorrow": 1}})[:2] == (422, "INVALID_VALUE_FOR_COLUMN")
    assert table.update(task["id"], {"Name": "c"}, replace=True)["fields"]["Name"] == "c"
    assert table.all(sort=["Of tomorrow"], formula="{Sums up} = BLANK()", view="Board") != []


def test_not_covered_is_kept(server: AirtableServer) -> None:
    """What the real base had in a field of such a type is told as it was."""
    document = renumbered(REAL)
    cells = {"Of tomorrow": {"up": 1}, "Sums up": {"state": "generated", "value": "Short", "isStale": False}}
    record = {"id": "rec" + "K" * 14, "createdTime": "2026-01-02T03:04:05.000Z", "fields": {"Name": "a", **cells}}
    document["tables"][0]["records"] = [record]
    base = server.call(lambda service: restore(service, document))
    table = Api(server.token, endpoint_url=server.url).table(base.id, "Tasks")

    assert table.all(formula="{Sums up} = 'Short'", fields=["Name", *cells]) == [record]


def test_without_id(server: AirtableServer) -> None:
    """Without an id the base has one of its own, the same each time."""
    document = {"tables": REAL["tables"]}
    first, second = load_schema(document), load_schema(document)

    assert is_id(first.id, "app")
    assert first == second
    assert (first.id, first.name) != (REAL["id"], REAL["name"])


def test_table_of_two_bases(server: AirtableServer, real: Base) -> None:
    """A table that another base has already is refused: they had its records in common."""
    with pytest.raises(SyncguardError, match=f"the table {A} is in the base {real.id} already"):
        server.call(lambda service: restore(service, REAL | {"id": "app" + "X" * 14}))


def test_base_that_was_made(api: Api, base: Base, server: AirtableServer) -> None:
    """What one server tells of a base stands up on another one, and is told there to the letter."""
    agents = base.create_table("Agents", [{"name": "Name", "type": "singleLineText"}])
    make_field(agents, "Plugin", "multipleRecordLinks", options={"linkedTableId": base.tables()[0].id})
    make_field(agents, "F", "formula", options={"formula": "{Plugin} & 'x'"})
    told = api.get(base.urls.tables, params={"include": "visibleFieldIds"})
    with AirtableServer() as other:
        other.call(lambda service: service.store.bases.save(load_schema({"id": base.id, **told})))
        again = Api(other.token, endpoint_url=other.url).base(base.id)

        assert again.api.get(again.urls.tables, params={"include": "visibleFieldIds"}) == told
        assert again.schema().model_dump() == base.schema(force=True).model_dump()


def test_new_fields_are_shown(base: Base, api: Api) -> None:
    """A view that showed all fields shows new ones, one that did not does not."""
    told = api.get(base.urls.tables, params={"include": "visibleFieldIds"})
    name = told["tables"][0]["fields"][0]["id"]
    told["tables"][0]["views"].append({"id": "viw" + "F" * 14, "name": "Few", "visibleFieldIds": [name]})
    with AirtableServer() as other:
        other.call(lambda service: service.store.bases.save(load_schema({"id": base.id, **told})))
        again = Api(other.token, endpoint_url=other.url).base(base.id)
        made = again.table("Plugins").create_field("New", "email")
        every, few = schema_of(again).views

    assert made.id in every.visible_field_ids
    assert few.visible_field_ids == [name]


def test_after_a_restart(tmp_path: Any) -> None:
    """A loaded base is there after the server was started again."""
    data = tmp_path / "airtable.db"
    with AirtableServer(data=data) as server:
        server.call(lambda service: restore(service, REAL))
    with AirtableServer(data=data) as server:
        told = Api(server.token, endpoint_url=server.url).base(REAL["id"]).schema()

    assert [table.id for table in told.tables] == [A, B]


def change(path: str, value: Any) -> Callable[[Any], None]:
    """Sets what stands at that path, such as ``tables.0.name``; None takes it away."""

    def set_to(document: Any) -> None:
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in way:
            document = document[step]
        if value is None:
            del document[last]
        else:
            document[last] = value

    return set_to


ID = "required an id: {} and 14 letters or digits"
WHOLE = "found nothing, required a whole number from 0 to 20"
SLIP = 'found "recordLinkFeldId", required an option of the type'
LINKED = "required the id of a field of the linked table"
WRONG: list[tuple[str, Any, str]] = [
    ("id", "base", f'id: found "base", {ID.format(chr(34) + "app" + chr(34))}'),
    ("name", 5, "name: found 5, required a text"),
    ("tables", [], "tables: found none, required one at least"),
    ("tables", {}, 'schema: found an object, required the schema of a base: an object with a list of "tables"'),
    ("tables.0", "x", 'tables[0]: found "x", required a table: an object'),
    ("tables.1.name", "Tasks", 'tables[1].name: found "Tasks", required a name that no other one has'),
    ("tables.1.id", A, f'tables[1].id: found "{A}", required an id that nothing else has'),
    ("tables.0.fields", [], "tables[0].fields: found nothing, required a list of fields, one at least"),
    ("tables.0.fields.0.id", "fld'); DROP", "tables[0].fields[0].id: found \"fld'); DROP\", " + ID.format('"fld"')),
    ("tables.0.fields.0.name", None, "tables[0].fields[0].name: found nothing, required a text"),
    ("tables.0.fields.1.name", "Name", 'tables[0].fields[1].name: found "Name", required a name that no other one has'),
    ("tables.0.fields.0.type", None, "tables[0].fields[0].type: found nothing, required a type of field"),
    ("tables.0.fields.0.options", [], "tables[0].fields[0].options: found a list, required an object"),
    ("tables.0.fields.0.description", 1, "tables[0].fields[0].description: found 1, required a text"),
    ("tables.0.fields.1.options.choices", None, "tables[0].fields[1].options.choices: found nothing, required a list"),
    ("tables.0.fields.1.options.choices.0.name", None,
     'tables[0].fields[1].options.choices[0]: found an object, required an object with "id" and "name"'),
    ("tables.0.fields.2.options.linkedTableId", "tbl" + "0" * 14,
     f'tables[0].fields[2].options.linkedTableId: found "tbl{"0" * 14}", required the id of a table of the schema'),
    ("tables.0.fields.2.options.inverseLinkFieldId", fld("Name"),
     "tables[0].fields[2].options.inverseLinkFieldId: found \"" + fld("Name") + '", required the id of a link of the '
     "linked table"),
    ("tables.1.fields.1.options.inverseLinkFieldId", None,
     "tables[0].fields[2].options.inverseLinkFieldId: found \"" + fld("Tasks") + '", required the id of a link whose '
     "inverse is this one"),
    ("tables.0.fields.3.options.result", "text",
     'tables[0].fields[3].options.result: found "text", required an object with "type" and perhaps "options"'),
    ("tables.0.fields.3.options.result", {"type": "number", "options": {"precision": 10**9}},
     "tables[0].fields[3].options.result.options.precision: found 1000000000, required a whole number from 0 to 20"),
    ("tables.0.fields.3.options.referencedFieldIds", ["x"],
     "tables[0].fields[3].options.referencedFieldIds: found a list, required a list of ids of fields"),
    ("tables.0.fields.0.type", "singleLinetxt",
     'tables[0].fields[0].type: found "singleLinetxt", required a type of field; did you mean "singleLineText"?'),
    ("tables.0.fields.0", {"id": fld("Name"), "name": "Name", "type": "number", "options": {"precison": 1}},
     f"tables[0].fields[0].options.precision: {WHOLE}; did you mean \"precison\" for it?"),
    ("tables.0.fields.4.options", {"recordLinkFeldId": fld("Who")},
     f'tables[0].fields[4].options.recordLinkFeldId: {SLIP}; did you mean "recordLinkFieldId"?'),
    ("tables.0.fields.4.options", {"recordLinkFieldId": fld("Name")},
     f'tables[0].fields[4].options.recordLinkFieldId: found "{fld("Name")}", required the id of a link of the table'),
    ("tables.0.fields.4.options", {"recordLinkFieldId": fld("Who"), "fieldIdInLinkedTable": fld("Name")},
     f'tables[0].fields[4].options.fieldIdInLinkedTable: found "{fld("Name")}", {LINKED} "People"'),
    ("tables.0.fields.3.options.formula", "UPPER({Nme})",
     'tables[0].fields[3].options.formula: found "Nme", required a field of the table; did you mean "Name"?'),
    ("tables.0.primaryFieldId", fld("X"),
     f'tables[0].primaryFieldId: found "{fld("X")}", required the id of a field of the table'),
    ("tables.0.views", {}, "tables[0].views: found an object, required a list of views"),
    ("tables.0.views.0", 1, "tables[0].views[0]: found 1, required a view: an object"),
    ("tables.0.views.0.id", "viw", 'tables[0].views[0].id: found "viw", ' + ID.format('"viw"')),
    ("tables.0.views.0.type", 1, "tables[0].views[0].type: found 1, required a type of view"),
    ("tables.0.views.0.visibleFieldIds", [fld("X")],
     f'tables[0].views[0].visibleFieldIds: found "{fld("X")}", required ids of fields of the table'),
    ("tables.0.views.0.visibleFieldIds", "all",
     'tables[0].views[0].visibleFieldIds: found "all", required a list of ids of fields'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "said"), WRONG)
def test_fault(path: str, value: Any, said: str) -> None:
    """A fault is told by its path, with what was found and what is required."""
    document = copy.deepcopy(REAL)
    change(path, value)(document)
    with pytest.raises(SyncguardError) as raised:
        load_schema(document)

    assert said in [line.partition(" (table ")[0] for line in str(raised.value).splitlines()]


def test_names_of_what_is_wrong() -> None:
    """Beside its path a fault tells the names of the table and the field."""
    document = copy.deepcopy(REAL)
    document["tables"][0]["fields"][1]["type"] = "singleSelct"
    document["tables"][1]["primaryFieldId"] = "x"
    with pytest.raises(SyncguardError) as raised:
        load_schema(document)

    assert [line.partition(" (")[2] for line in str(raised.value).splitlines()] == [
        'table "Tasks", field "Kind")',
        'table "People")',
    ]


def test_warnings() -> None:
    """What does less than in Airtable is loaded, and told."""
    document = copy.deepcopy(REAL)
    document["tables"][0]["fields"][3]["options"]["formula"] = "WHATEVER({Name})"
    document["tables"][0]["fields"][4]["options"]["isValid"] = True

    unknown = "Unknown function names: whatever"
    assert list(warnings(load_schema(document))) == [
        f'table "Tasks", field "Shout": is always an error, since its formula cannot be computed: {unknown}',
        'table "Tasks", field "Gone": is always empty, since it names no link (recordLinkFieldId)',
        'table "Tasks", field "Sums up": is only read, since fields of the type aiText are not covered',
        'table "Tasks", field "Of tomorrow": is only read, since fields of the type quantumState are not covered',
    ]


def test_all_faults_at_once() -> None:
    """All faults are told together, a line each; of very many, the first ones."""
    document = copy.deepcopy(REAL)
    for path, value in (("id", 1), ("tables.0.name", 1), ("tables.1.fields.0.id", "x")):
        change(path, value)(document)
    with pytest.raises(SyncguardError) as few:
        load_schema(document)
    document["tables"] = [None] * 1000
    with pytest.raises(SyncguardError) as many:
        load_schema(document)

    assert len(str(few.value).splitlines()) >= 3
    assert str(many.value).splitlines()[50] == "... and 951 more"


@pytest.mark.parametrize("document", [None, [], "x", {}, {"tables": None}, 5])
def test_no_schema(document: Any) -> None:
    """What is no schema at all is refused."""
    with pytest.raises(SyncguardError, match=r"^schema: found .*, required the schema of a base"):
        load_schema(document)


def test_made_and_loaded() -> None:
    """What was made in the short form is loaded as it was."""
    base = make_table(schema.Base("app" + "0" * 14, "B"), "T", {"N": "number", "D": "dateTime", "S": "singleSelect"})

    assert load_schema(json.loads(json.dumps(base.document(shown=True)))) == base


def renumbered(document: Any) -> Any:
    """The same with other ids of the base and its tables."""
    text = json.dumps(document)
    for old in ("app" + "R" * 14, A, B):
        text = text.replace(old, old[:3] + "Z" * 13 + old[3])
    return json.loads(text)
