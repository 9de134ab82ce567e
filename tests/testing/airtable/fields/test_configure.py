from typing import Any

import pytest

from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fields.choice import COLORS
from pytest_syncguard.testing.airtable.fields.options import not_creatable
from pytest_syncguard.testing.airtable.fields.registry import KINDS, kind_of
from pytest_syncguard.testing.airtable.ids import is_id
from tests.testing.airtable.fields.lab import OPTIONS

US, TIME = {"name": "us"}, {"name": "24hour"}
DEFAULT = {
    "type": "dateTime",
    "options": {
        "dateFormat": {"name": "local", "format": "l"},
        "timeFormat": {"name": "12hour", "format": "h:mma"},
        "timeZone": "client",
    },
}
COMPLETED = [
    ("number", {"precision": 8}, {"precision": 8}),
    ("currency", {"precision": 7, "symbol": "€"}, {"precision": 7, "symbol": "€"}),
    ("date", {"dateFormat": US}, {"dateFormat": {"name": "us", "format": "M/D/YYYY"}}),
    (
        "date",
        {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}},
        {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}},
    ),
    (
        "dateTime",
        {"timeZone": "Europe/Berlin", "dateFormat": US, "timeFormat": TIME},
        {
            "timeZone": "Europe/Berlin",
            "dateFormat": {"name": "us", "format": "M/D/YYYY"},
            "timeFormat": {"name": "24hour", "format": "HH:mm"},
        },
    ),
    ("createdTime", {}, {"result": DEFAULT}),
    (
        "createdTime",
        {"result": {"type": "date", "options": {"dateFormat": US}}},
        {"result": {"type": "date", "options": {"dateFormat": {"name": "us", "format": "M/D/YYYY"}}}},
    ),
    (
        "lastModifiedTime",
        {"referencedFieldIds": ["fldA"]},
        {"isValid": True, "referencedFieldIds": ["fldA"], "result": DEFAULT},
    ),
    ("multipleAttachments", {}, {"isReversed": False}),
    ("multipleAttachments", {"isReversed": True}, {"isReversed": True}),
    (
        "multipleRecordLinks",
        {"linkedTableId": "tblAAAAAAAAAAAAAA", "viewIdForRecordSelection": "viwAAAAAAAAAAAAAA"},
        {
            "linkedTableId": "tblAAAAAAAAAAAAAA",
            "isReversed": False,
            "prefersSingleRecordLink": False,
            "viewIdForRecordSelection": "viwAAAAAAAAAAAAAA",
        },
    ),
    ("formula", {"formula": "1"}, {"formula": "1", "isValid": True, "referencedFieldIds": [], "result": None}),
    ("count", {"recordLinkFieldId": "fldAAAAAAAAAAAAAA"}, {"recordLinkFieldId": "fldAAAAAAAAAAAAAA", "isValid": True}),
    ("singleLineText", {}, {}),
]


@pytest.mark.parametrize(("name", "given", "complete"), COMPLETED)
def test_completed(name: str, given: dict[str, Any], complete: dict[str, Any]) -> None:
    """The options of a new field are those that a later look at the schema shows."""
    assert kind_of(name).configure(given, "T.F") == complete


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_type(name: str) -> None:
    """Every type can be configured, with no more than the options that it requires."""
    assert kind_of(name).configure(OPTIONS.get(name, {}), "T.F").keys() >= OPTIONS.get(name, {}).keys()


def test_choices() -> None:
    """New options of a select get ids, and colors in turn; what was said of them stays."""
    named = [{"name": f" {place} "} for place in range(11)]
    known = {"id": "selAAAAAAAAAAAAAA", "name": "x", "color": "grayDark1"}

    made = kind_of("singleSelect").configure({"choices": [*named, known]}, "T.F")["choices"]

    assert [choice["name"] for choice in made[:-1]] == [str(place) for place in range(11)]
    assert [choice["color"] for choice in made[:-1]] == [*COLORS[:10], COLORS[0]]
    assert all(is_id(choice["id"], "sel") for choice in made)
    assert made[-1] == known


WRONG = [
    ("singleLineText", {"precision": 1}, "options is not included in the F.(type=singleLineText) schema"),
    ("checkbox", {}, "F.options is missing"),
    ("checkbox", {"icon": "check"}, "F.options.color is missing"),
    ("checkbox", {"icon": "check", "color": "mauve"}, "F.options.color is invalid"),
    ("number", {"precision": 9}, "F.options.precision is invalid"),
    ("number", {"precision": True}, "F.options.precision is invalid"),
    ("percent", {"precision": 1.0}, "F.options.precision is invalid"),
    ("currency", {"precision": 8}, "F.options.symbol is missing, F.options.precision is invalid"),
    ("duration", {"durationFormat": "mm"}, "F.options.durationFormat is invalid"),
    (
        "rating",
        {"color": "redBright", "icon": "check", "max": 11},
        "F.options.icon is invalid, F.options.max is invalid",
    ),
    ("date", {"dateFormat": {"name": "us", "format": "l"}}, "F.options.dateFormat is invalid"),
    ("date", {"dateFormat": {"name": ["us"]}}, "F.options.dateFormat is invalid"),
    ("date", {"dateFormat": US, "timeFormat": TIME}, "timeFormat is not included in the F.options schema"),
    ("dateTime", {"timeZone": "utc", "dateFormat": US}, "F.options.timeFormat is missing"),
    ("dateTime", {"timeZone": "Mars/Base", "dateFormat": US, "timeFormat": TIME}, "F.options.timeZone is invalid"),
    ("dateTime", {"timeZone": "../etc/passwd", "dateFormat": US, "timeFormat": TIME}, "F.options.timeZone is invalid"),
    ("createdTime", {"result": {"type": "number", "options": {}}}, "F.options.result is invalid"),
    ("date", {"dateFormat": "us"}, "F.options.dateFormat is invalid"),
    ("singleSelect", {"choices": ["a"]}, "F.options.choices.0 is invalid"),
    ("singleSelect", {"choices": [{}]}, "F.options.choices.0.name is missing"),
    ("singleSelect", {"choices": [{"name": " "}]}, "F.options.choices.0.name is invalid"),
    ("singleSelect", {"choices": [{"name": "a"}, {"name": "a"}]}, "F.options.choices.1.name is a duplicate"),
    ("singleSelect", {"choices": [{"name": "a", "color": []}]}, "F.options.choices.0.color is invalid"),
    ("multipleSelects", {"choices": [{"name": "a", "id": "x"}]}, "F.options.choices.0.id is invalid"),
    ("multipleSelects", {"choices": [{"name": "a", "x": 1}]}, "x is not included in the F.options.choices.0 schema"),
    ("multipleRecordLinks", {"linkedTableId": "T"}, "F.options.linkedTableId is invalid"),
    (
        "multipleRecordLinks",
        {"linkedTableId": "tblAAAAAAAAAAAAAA", "prefersSingleRecordLink": True},
        "prefersSingleRecordLink is not included in the F.options schema",
    ),
    ("formula", {"formula": "1", "result": {}}, "result is not included in the F.options schema"),
]


@pytest.mark.parametrize(("name", "given", "why"), WRONG)
def test_wrong(name: str, given: dict[str, Any], why: str) -> None:
    """Options that are wrong are refused in Airtable's words."""
    with pytest.raises(AirtableError) as raised:
        kind_of(name).configure(given, "T.F")

    assert (raised.value.status, raised.value.type) == (422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE")
    assert raised.value.message == f"Invalid options for T.F: Failed schema validation: {why}"


def test_not_creatable() -> None:
    """A type that the metadata API does not create is refused in Airtable's words."""
    error = not_creatable("createdTime", "Tasks.Created At")

    assert (error.status, error.type) == (422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE")
    assert error.message.startswith(
        "Invalid options for Tasks.Created At: Creating createdTime fields is not supported"
    )
