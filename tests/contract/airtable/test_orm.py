"""pyairtable's ORM: every type of field, models, and links between them.

A model knows no endpoint: it is given a client by ``Model.meta.api``.
"""

from __future__ import annotations

from typing import Any

import pyairtable
import pytest
from pyairtable.exceptions import MissingValueError
from pyairtable.models.schema import UnknownFieldSchema
from pyairtable.orm import Model
from pyairtable.orm import fields as F
from pyairtable.orm.fields import AnyField

from tests.contract.airtable.columns import (
    COMPUTED,
    LINKS,
    LOADED,
    ME,
    READ_ONLY,
    VALUES,
    WRITABLE,
    document,
    everything,
)
from tests.contract.airtable.endpoint import NOBODYS, Endpoint, local_only, unique
from tests.contract.airtable.proof import covers

CHECKED = {  # options that are told as they were said
    "Number": {"precision": 1},
    "Price": {"precision": 2, "symbol": "$"},
    "Share": {"precision": 1},
    "Stars": {"icon": "star", "max": 5, "color": "yellowBright"},
    "Took": {"duration_format": "h:mm:ss"},
    "Done": {"icon": "check", "color": "greenBright"},
}
Tables = tuple[pyairtable.Table, pyairtable.Table]


@pytest.fixture(scope="module")
def tables(endpoint: Endpoint) -> Tables:
    """Everything, and friends."""
    return everything(endpoint)


@pytest.fixture(scope="module")
def me(endpoint: Endpoint) -> dict[str, str]:
    return {"id": endpoint.api().whoami()["id"]}


def meta(endpoint: Endpoint, table: pyairtable.Table | str, base: str = "") -> dict[str, Any]:
    name = table if isinstance(table, str) else table.id
    return {"api_key": endpoint.token, "base_id": base or endpoint.base_id, "table_name": name}


def model_of(endpoint: Endpoint, table: pyairtable.Table | str, base: str = "", /, **fields: AnyField) -> Any:
    """A model with these fields."""
    made: Any = type("Thing", (Model,), {"Meta": meta(endpoint, table, base), **fields})
    made.meta.api = endpoint.api()
    return made


def same(written: Any, read: Any) -> bool:
    """Whether it is what was written; Airtable adds to people and files what it knows of them."""
    if isinstance(written, list):
        return len(written) == len(read) and all(map(same, written, read))
    if isinstance(written, dict):
        return all(read[key] == value for key, value in written.items() if key != "url")
    return bool(written == read)


def filled(value: Any, me: dict[str, str]) -> Any:
    """With the user of the token in its place."""
    return [me if each is ME else each for each in value] if isinstance(value, list) else me if value is ME else value


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_a_value_of_each_type_comes_back(
    endpoint: Endpoint, tables: Tables, me: dict[str, str], kind: type[AnyField]
) -> None:
    """What a model saves is equal when it is loaded again."""
    name, value = VALUES[kind]
    value = filled(value, me)
    Thing = model_of(endpoint, tables[0], value=kind(name))
    thing = Thing(value=value)
    thing.save()

    assert same(value, Thing.from_id(thing.id).value)


@pytest.mark.parametrize("kind", [kind for kind in VALUES if kind.__name__.startswith("Required")])
def test_a_required_type_says_what_is_missing(endpoint: Endpoint, tables: Tables, kind: type[AnyField]) -> None:
    """Airtable omits an empty cell, of which a required field tells."""
    record = tables[0].create({})
    Thing = model_of(endpoint, tables[0], value=kind(VALUES[kind][0]))

    with pytest.raises(MissingValueError):
        _ = Thing.from_id(record["id"]).value


@pytest.mark.parametrize("kind", LINKS, ids=lambda kind: kind.__name__)
def test_links_are_fetched_when_they_are_looked_at(endpoint: Endpoint, tables: Tables, kind: Any) -> None:
    """A link is a model, or a list of them, that is loaded on first sight; lazily only its id is known."""
    Friend = model_of(endpoint, tables[1], name=F.TextField("Name"))
    alice = Friend(name="Alice")
    alice.save()
    Thing = model_of(endpoint, tables[0], friend=kind("Friends", Friend), lazy=kind("Friends", Friend, lazy=True))
    several = kind is F.LinkField
    thing = Thing(friend=[alice] if several else alice)
    thing.save()
    read = Thing.from_id(thing.id)
    lazy = read.lazy[0] if several else read.lazy
    before = lazy.name
    lazy.fetch()

    found = Thing.from_id(thing.id).friend
    assert (found[0] if several else found).name == "Alice"
    assert (before, lazy.name) == ("", "Alice")


def test_a_model_of_everything_is_equal_when_it_is_loaded_again(
    endpoint: Endpoint, tables: Tables, me: dict[str, str]
) -> None:
    """A model with a field of each type saves and reloads; also when every cell is saved again, and emptied."""
    kinds = {name: kind for kind, (name, _) in VALUES.items() if not kind.__name__.startswith("Required")}
    assert kinds.keys() == WRITABLE.keys()
    Friend = model_of(endpoint, tables[1], name=F.TextField("Name"))
    friend = Friend(name="Alice")
    friend.save()
    Thing = model_of(
        endpoint,
        tables[0],
        **{name.lower(): kind(name) for name, kind in kinds.items()},
        friends=F.LinkField("Friends", Friend),
    )
    values = {name.lower(): filled(VALUES[kind][1], me) for name, kind in kinds.items()}
    thing = Thing(**values, friends=[friend])
    thing.save()

    read = Thing.from_id(thing.id)
    assert [name for name, value in values.items() if not same(value, getattr(read, name))] == []
    assert [each.id for each in read.friends] == [friend.id]

    read.save(force=True)
    again = Thing.from_id(thing.id)
    assert without_urls(again.to_record()) == without_urls(read.to_record())

    for name in (*values, "friends"):
        setattr(again, name, None)
    again.save()
    assert tables[0].get(thing.id)["fields"] == {}


def without_urls(record: Any) -> Any:
    """Addresses of attachments change from one answer to the next."""
    files = [{key: each[key] for key in ("id", "filename")} for each in record["fields"]["Files"]]
    return {**record, "fields": {**record["fields"], "Files": files}}


@local_only("computed fields are created in Airtable itself")
@pytest.mark.parametrize("kind", READ_ONLY, ids=lambda kind: kind.__name__)
def test_what_is_computed_is_read(endpoint: Endpoint, kind: type[AnyField]) -> None:
    """Computed fields are told with every record, and not saved."""
    assert endpoint.local is not None
    friends, name = unique("Friends"), unique("Computed")
    endpoint.local.create_table(friends, {"Name": "singleLineText", "Age": "number"})
    specs = {field: {**spec, **({"linked": friends} if "linked" in spec else {})} for field, spec in COMPUTED.items()}
    endpoint.local.create_table(name, {"Name": "singleLineText", **specs})
    base = endpoint.base()
    friend = base.table(friends).create({"Name": "Alice", "Age": 30})["id"]
    record = base.table(name).create({"Name": "a", "Friend": [friend]})
    Thing = model_of(endpoint, name, text=F.TextField("Name"), value=kind(READ_ONLY[kind]))
    thing = Thing.from_id(record["id"])
    thing.text = "b"
    thing.save()

    assert same_as_told(Thing.value, record["fields"][READ_ONLY[kind]], thing.value)
    assert thing.value not in (None, [], {})
    assert Thing.value.readonly


def same_as_told(field: AnyField, told: Any, value: Any) -> bool:
    """Whether the model has what the API answered."""
    return bool(value == (field.to_internal_value(told) if not isinstance(told, list) else told))


@local_only("neither the metadata API nor the fixture creates them: they come with a base that was cloned")
@pytest.mark.parametrize("kind", LOADED, ids=lambda kind: kind.__name__)
def test_types_that_nobody_creates_are_read(endpoint: Endpoint, kind: type[AnyField]) -> None:
    """Fields of a loaded base are told as they were, though the local Airtable knows nothing of their types."""
    assert endpoint.local is not None
    base = endpoint.local.load_schema(document())
    endpoint.local.base = endpoint.base_id
    name, value = LOADED[kind]
    Thing = model_of(endpoint, "Loaded", base, value=kind(name))

    assert Thing.from_id(NOBODYS["rec"]).value == value


@pytest.fixture
def Friend(endpoint: Endpoint, tables: Tables) -> Any:
    """A model whose table has no records."""
    if left := [record["id"] for record in tables[1].all(fields=[])]:
        tables[1].batch_delete(left)
    return model_of(endpoint, tables[1], name=F.TextField("Name"), age=F.IntegerField("Age"))


@covers("Model.save", "Model.exists", "Model.from_id", "Model.delete")
def test_a_model_lives_and_goes(Friend: Any, tables: Tables) -> None:
    """It is saved once as a new record, then by what has changed, until it is deleted."""
    friend = Friend(name="Alice", age=30)
    assert not friend.exists()
    assert friend.save().created
    assert friend.exists()

    friend.age = 31
    assert friend.save().field_names == {"Age"}
    assert not friend.save().updated
    assert Friend.from_id(friend.id).age == 31

    assert friend.delete()
    assert tables[1].all() == []


@covers("Model.batch_save", "Model.all", "Model.first", "Model.batch_delete")
def test_many_models(Friend: Any) -> None:
    """They are created and updated in batches, listed, filtered by their fields, and deleted."""
    friends = [Friend(name=f"{number:02}", age=number) for number in range(12)]
    Friend.batch_save(friends)
    friends[0].age = 99
    Friend.batch_save([friends[0], Friend(name="new", age=5)])

    assert [each.age for each in Friend.all(sort=["Name"])] == [99, *range(1, 12), 5]
    assert Friend.first(formula=Friend.age.gt(50)).id == friends[0].id
    Friend.batch_delete(friends)
    assert [each.name for each in Friend.all()] == ["new"]


@covers("Model.from_ids", "Model.fetch", "Model.to_record", "Model.from_record")
def test_models_by_their_ids(Friend: Any, tables: Tables) -> None:
    """In the order of the ids; without fetching they are empty until they are fetched."""
    records = tables[1].batch_create([{"Name": name} for name in "abc"])
    ids = [record["id"] for record in reversed(records)]
    empty = Friend.from_ids(ids, fetch=False)[0]
    before = empty.name
    empty.fetch()

    assert [each.name for each in Friend.from_ids(ids)] == ["c", "b", "a"]
    assert (before, empty.name) == ("", "c")
    assert Friend.from_record(records[0]).to_record() == records[0]


def test_five_hundred_models_by_their_ids(Friend: Any, tables: Tables) -> None:
    """pyairtable asks for all of them by one formula, longer than any URL may be."""
    ids = [record["id"] for record in tables[1].batch_create([{"Age": number} for number in range(500)])]

    assert [each.age for each in Friend.from_ids(ids)] == list(range(500))


@covers("Model.add_comment", "Model.comments")
def test_comments_on_a_model(Friend: Any) -> None:
    """As on a record."""
    friend = Friend(name="Alice")
    friend.save()
    friend.add_comment("Hello")

    assert [comment.text for comment in friend.comments()] == ["Hello"]


def test_a_file_is_uploaded_into_a_model(endpoint: Endpoint, tables: Tables) -> None:
    """``upload`` of a list of attachments adds to it at once."""
    Thing = model_of(endpoint, tables[0], files=F.AttachmentsField("Files"))
    thing = Thing(files=[])
    thing.save()
    thing.files.upload("note.txt", "Hello", content_type="text/plain")

    assert [each["filename"] for each in thing.files] == ["note.txt"]
    assert [each["filename"] for each in Thing.from_id(thing.id).files] == ["note.txt"]


def test_a_model_that_links_to_itself(endpoint: Endpoint) -> None:
    """LinkSelf leads to the same model."""
    table = endpoint.make({"Name": "singleLineText"}, what="People")
    table.create_field("Boss", "multipleRecordLinks", options={"linkedTableId": table.id})
    Person = model_of(endpoint, table, name=F.TextField("Name"), boss=F.SingleLinkField("Boss", F.LinkSelf))
    boss = Person(name="Bo")
    boss.save()
    worker = Person(name="Wo", boss=boss)
    worker.save()

    assert Person.from_id(worker.id).boss.name == "Bo"


def test_fields_by_their_ids(endpoint: Endpoint, tables: Tables) -> None:
    """A model may name its fields by id."""
    ids = {field.name: field.id for field in tables[1].schema().fields}
    fields = {"Meta": {**meta(endpoint, tables[1]), "use_field_ids": True}, "name": F.TextField(ids["Name"])}
    Friend: Any = type("Friend", (Model,), fields)
    Friend.meta.api = endpoint.api()
    friend = Friend(name="Alice")
    friend.save()

    assert Friend.from_id(friend.id).name == "Alice"


def test_the_schema_of_everything(tables: Tables) -> None:
    """pyairtable knows the schema of each type, with the options that the table was made with."""
    fields: dict[str, Any] = {field.name: field for field in tables[0].schema(force=True).fields}

    assert {name: fields[name].type for name in WRITABLE} == WRITABLE
    assert [field.name for field in fields.values() if isinstance(field, UnknownFieldSchema)] == []
    told = {name: field.options.model_dump(exclude_none=True) for name, field in fields.items() if name in CHECKED}
    assert told == CHECKED


def test_a_field_tells_its_schema(endpoint: Endpoint, tables: Tables) -> None:
    """``field_schema`` asks the metadata API."""
    Thing = model_of(endpoint, tables[0], status=F.SelectField("Status"))

    assert [choice.name for choice in Thing.status.field_schema().options.choices] == ["Todo", "Done"]
