from typing import Any

import pytest

from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fields.registry import KINDS, kind_of
from pytest_syncguard.testing.airtable.ids import is_id
from tests.testing.airtable.fields.lab import ADA, BOB, CHOICES, FILE, LINKED, a_field, accept, refusal, writing

BAD = "INVALID_VALUE_FOR_COLUMN"
OPTION, ATTACHMENT, RECORD = "INVALID_MULTIPLE_CHOICE_OPTIONS", "INVALID_ATTACHMENT_OBJECT", "INVALID_RECORD_ID"
TEXTS = ("singleLineText", "multilineText", "email", "url", "phoneNumber")
NUMBERS = ("number", "currency", "percent", "duration")


def anything(*values: Any) -> tuple[Any, ...]:
    return values


KEPT: list[tuple[str, Any, Any]] = [
    *((name, "no address at all\n", "no address at all\n") for name in TEXTS),
    *((name, "", None) for name in (*TEXTS, "richText")),
    ("singleLineText", "x" * 100_000, "x" * 100_000),
    ("singleLineText", "half a pair: \ud83d, a whole one: 😀", "half a pair: \ufffd, a whole one: 😀"),
    ("richText", "**bold**", "**bold**\n"),
    ("richText", "line\n", "line\n"),
    *((name, 1.25, 1.25) for name in NUMBERS),
    *((name, 0, 0) for name in NUMBERS),
    ("number", 3.0, 3),
    ("number", -0.0, 0),
    ("number", 2**60 + 1, 2**60),
    ("number", 1e300, 1e300),
    ("rating", 5, 5),
    ("rating", 3.0, 3),
    ("rating", 0, None),
    ("checkbox", True, True),
    ("checkbox", False, None),
    ("singleSelect", "low", "low"),
    ("multipleSelects", ["High, very", "low", "low"], ["High, very", "low"]),
    ("multipleSelects", [], None),
    ("date", "2026-11-21", "2026-11-21"),
    ("date", "2026-11-21T23:00:00-02:00", "2026-11-22"),
    ("dateTime", "2026-11-21T07:00:00.000Z", "2026-11-21T07:00:00.000Z"),
    ("dateTime", "2026-11-21T07:00:00.1239+01:00", "2026-11-21T06:00:00.123Z"),
    ("dateTime", "2026-11-21T07:00", "2026-11-21T07:00:00.000Z"),
    ("dateTime", "2026-11-21", "2026-11-21T00:00:00.000Z"),
    ("barcode", {"text": "1234", "type": "upce"}, {"text": "1234", "type": "upce"}),
    ("barcode", {"text": "1234", "type": None}, {"text": "1234"}),
    ("barcode", {"text": ""}, None),
    ("barcode", {}, None),
    ("singleCollaborator", {"id": ADA.id}, ADA.id),
    ("singleCollaborator", {"email": "Ada@Example.com"}, ADA.id),
    ("singleCollaborator", {"id": ADA.id, "email": ADA.email, "name": ADA.name}, ADA.id),
    ("multipleCollaborators", [BOB.id, {"email": ADA.email}, {"id": BOB.id}], [BOB.id, ADA.id]),
    ("multipleCollaborators", [], None),
    ("multipleAttachments", [{"id": FILE["id"]}], [FILE]),
    ("multipleAttachments", [{"id": FILE["id"], "url": "https://elsewhere.example/x", "size": 3}], [FILE]),
    ("multipleAttachments", [], None),
    ("multipleRecordLinks", [LINKED, LINKED], [LINKED]),
    ("multipleRecordLinks", [], None),
]


@pytest.mark.parametrize(("name", "value", "cell"), KEPT)
def test_kept(name: str, value: Any, cell: Any) -> None:
    """A value of the right sort is kept, and an empty one leaves the cell empty."""
    kept = accept(a_field(name), value)

    assert kept == cell
    assert kept.__class__ is cell.__class__


REFUSED: list[tuple[str, Any, str]] = [
    *((name, value, BAD) for name in TEXTS for value in anything(1, True, ["a"], {"a": 1}, "x" * 100_001)),
    *(
        (name, value, BAD)
        for name in NUMBERS
        for value in anything("1", "", True, [1], {}, float("nan"), float("inf"), 10**400)
    ),
    *(("rating", value, BAD) for value in anything(6, -1, 2.5, "3", True)),
    *(("checkbox", value, BAD) for value in anything("true", "", 1, 0, [])),
    ("singleSelect", "Low", OPTION),
    ("singleSelect", "low ", OPTION),
    ("singleSelect", "", OPTION),
    *(("singleSelect", value, BAD) for value in anything(1, ["low"], {"name": "low"})),
    ("multipleSelects", ["low", "x"], OPTION),
    *(("multipleSelects", value, BAD) for value in anything("low", [1], [["low"]], {"low": 1})),
    *(
        ("date", value, BAD)
        for value in anything("", "11/21/2026", "2026-13-01", "2026-1-1", 1795132800000, "0001-01-01T00:00:00+14:00")
    ),
    *(
        ("dateTime", value, BAD)
        for value in anything("", "now", "2026-11-21T25:00", 0, ["2026-11-21"], "9999-12-31T23:00:00-05:00")
    ),
    *(("barcode", value, BAD) for value in anything("1234", {"text": 1}, {"text": "a", "x": "b"}, ["a"])),
    *(
        ("singleCollaborator", value, BAD)
        for value in anything(ADA.id, {"id": "usrX"}, {"email": "x"}, {}, {"id": []}, [])
    ),
    *(("multipleCollaborators", value, BAD) for value in anything(ADA.id, ["usrX"], [1], [[ADA.id]], {"id": ADA.id})),
    *(
        ("multipleAttachments", value, ATTACHMENT)
        for value in anything("https://example.com/a", {"url": "https://example.com/a"})
    ),
    *(
        ("multipleAttachments", [item], ATTACHMENT)
        for item in anything(
            "https://example.com/a",
            {},
            {"url": "ftp://example.com/a"},
            {"url": "data:text/plain,a"},
            {"url": "https://[bad"},
            {"url": "https://"},
            {"url": 1},
            {"url": "https://example.com/a", "filename": 1},
            {"url": "https://example.com/a", "size": 1},
            {"id": "attX"},
            {"id": 1},
            None,
        )
    ),
    ("multipleRecordLinks", ["Ada"], RECORD),
    ("multipleRecordLinks", ["recX"], RECORD),
    *(("multipleRecordLinks", value, BAD) for value in anything(LINKED, {"id": LINKED}, [[LINKED]], [None])),
    *(("multipleRecordLinks", [item], RECORD) for item in anything({"id": LINKED}, {"id": LINKED, "name": "Ada"}, {})),
]


@pytest.mark.parametrize(("name", "value", "told"), REFUSED)
def test_refused(name: str, value: Any, told: str) -> None:
    """A value of a wrong sort is refused with Airtable's type of error."""
    assert refusal(a_field(name), value) == told


@pytest.mark.parametrize("name", sorted(name for name, kind in KINDS.items() if kind.computed))
def test_computed(name: str) -> None:
    """What is computed cannot be written, with typecast neither."""
    for typecast in (False, True):
        with pytest.raises(AirtableError, match="because the field is computed"):
            kind_of(name).accept(a_field(name), "x", writing(typecast=typecast))


CAST: list[tuple[str, Any, Any]] = [
    ("singleLineText", 5, "5"),
    ("singleLineText", 5.0, "5"),
    ("singleLineText", 2.5, "2.5"),
    ("singleLineText", True, "true"),
    ("multilineText", ["a", 1, None, ["b"]], "a, 1"),
    ("number", "1,234.5", 1234.5),
    ("number", " -$ 1 234 ", -1234),
    ("number", "€0.5", 0.5),
    ("number", "12 apples", 12),
    ("number", "1e3", 1000),
    ("number", "", None),
    ("number", 7, 7),
    ("percent", "12.3%", 0.123),
    ("percent", "50", 0.5),
    ("duration", "1:02:03", 3723),
    ("duration", "1:30", 90),
    ("duration", "-90", -90),
    ("duration", "0:00:01.5", 1.5),
    ("rating", "3", 3),
    *(("checkbox", word, True) for word in ("yes", " TRUE ", "checked", "1", 1, True)),
    *(("checkbox", word, None) for word in ("no", "false", "unchecked", "", "0", 0)),
    ("singleSelect", " low ", "low"),
    ("singleSelect", "", None),
    ("multipleSelects", 'low, "High, very"', ["low", "High, very"]),
    ("multipleSelects", "", None),
    *(
        ("date", said, "2026-03-04")
        for said in (
            "2026-03-04",
            "3/4/2026",
            "03-04-26",
            "2026/3/4",
            "March 4, 2026",
            "4 mar 2026",
            "4th March 2026",
            "Mar 4th 2026",
        )
    ),
    ("date", "3/4/2026 11:30pm", "2026-03-04"),
    ("date", "3/4/99", "1999-03-04"),
    ("date", "  ", None),
    ("dateTime", "3/4/2026 12:05am", "2026-03-04T00:05:00.000Z"),
    ("dateTime", "March 4, 2026 at 5:06 PM", "2026-03-04T17:06:00.000Z"),
    ("dateTime", "3/4/2026 17:06:07", "2026-03-04T17:06:07.000Z"),
    ("dateTime", "3/4/2026 5 p.m.", "2026-03-04T17:00:00.000Z"),
    ("barcode", "1234", {"text": "1234"}),
    ("singleCollaborator", "ada", ADA.id),
    ("singleCollaborator", ADA.email, ADA.id),
    ("singleCollaborator", ADA.id, ADA.id),
    ("singleCollaborator", "", None),
    ("multipleCollaborators", "Bob, ada@example.com", [BOB.id, ADA.id]),
    ("multipleRecordLinks", f"{LINKED}, Somebody", [LINKED, "Somebody"]),
    ("multipleRecordLinks", [LINKED, "Somebody, Jr.", 5, ""], [LINKED, "Somebody, Jr.", "5"]),
]


@pytest.mark.parametrize(("name", "value", "cell"), CAST)
def test_cast(name: str, value: Any, cell: Any) -> None:
    """Typecast makes the best of a value of another sort."""
    assert accept(a_field(name), value, typecast=True) == cell


NOT_CAST: list[tuple[str, Any]] = [
    ("singleLineText", {"a": 1}),
    *((name, value) for name in NUMBERS for value in anything("apples", "nan", "inf", "1.2.3", "9" * 500, [1], True)),
    ("duration", "1:2:3:4"),
    ("rating", "6"),
    ("checkbox", "perhaps"),
    ("checkbox", 2),
    ("singleSelect", ["low"]),
    ("multipleSelects", [["low"]]),
    *(
        ("date", said)
        for said in (
            "soon",
            "13/1/2026",
            "2/30/2026",
            "4 Foo 2026",
            "4 March 4 2026",
            "3/4/2026 25:00",
            "3/4/2026 13pm",
            "1 " * 100,
        )
    ),
    ("singleCollaborator", "Eve"),
    ("multipleCollaborators", "Ada, Eve"),
]


@pytest.mark.parametrize(("name", "value"), NOT_CAST)
def test_not_cast(name: str, value: Any) -> None:
    """What typecast can make nothing of is refused."""
    assert refusal(a_field(name), value, typecast=True) == BAD


def test_european() -> None:
    """Where people write the day first, typecast reads it first."""
    european = a_field("date", dateFormat={"name": "european", "format": "D/M/YYYY"})

    assert accept(european, "3/4/2026", typecast=True) == "2026-04-03"


def test_zone_of_the_field() -> None:
    """A time without offset is one of the field's own time zone."""
    field = a_field("dateTime", timeZone="America/Los_Angeles")

    assert accept(field, "2020-09-05T07:00:00") == "2020-09-05T14:00:00.000Z"
    assert accept(field, "2020-09-08") == "2020-09-08T07:00:00.000Z"
    assert accept(field, "2020-09-05T07:00:00.000Z") == "2020-09-05T07:00:00.000Z"


def test_minutes() -> None:
    """Where a duration is shown in minutes, typecast reads minutes."""
    field = a_field("duration", durationFormat="h:mm")

    assert [accept(field, said, typecast=True) for said in ("1:30", "90", "1:30:15")] == [5400, 5400, 5415]


@pytest.mark.parametrize("typecast", [False, True])
def test_link_as_an_object(typecast: bool) -> None:
    """Links are written as ids alone, whatever else is on; the real service tells what JavaScript makes of others."""
    with pytest.raises(AirtableError) as raised:
        accept(a_field("multipleRecordLinks"), [{"id": LINKED}], typecast=typecast)

    assert raised.value.body()["error"] == {
        "type": "INVALID_RECORD_ID",
        "message": 'Value "[object Object]" is not a valid record ID.',
    }


@pytest.mark.parametrize(("name", "value", "said"), [
    ("date", "tomorrow", 'Cannot parse date value "tomorrow" for field F'),
    ("date", "", 'Cannot parse date value "" for field F'),
    ("dateTime", "2026-13-01", 'Cannot parse date value "2026-13-01" for field F'),
    ("date", 5, 'Field "F" cannot accept the provided value'),
    ("multipleSelects", "low", "Cannot parse value for field F"),
    ("multipleSelects", [{"name": "low"}], "Cannot parse value for field F"),
    ("singleSelect", {"name": "low"}, "Cannot parse value for field F"),
    ("singleSelect", ["low"], "Cannot parse value for field F"),
    ("multipleRecordLinks", LINKED, "Value is not an array of record IDs."),
    ("number", "1", 'Field "F" cannot accept the provided value'),
])  # fmt: skip
def test_words(name: str, value: Any, said: str) -> None:
    """Each sort of field refuses a value in words of its own."""
    with pytest.raises(AirtableError) as raised:
        accept(a_field(name), value)

    assert (raised.value.type, raised.value.message) == (BAD, said)


def test_unknown_option() -> None:
    """Without typecast, an option that is not there is refused in Airtable's words."""
    with pytest.raises(AirtableError) as raised:
        accept(a_field("singleSelect"), "Чоловік")

    assert raised.value.message == 'Insufficient permissions to create new select option ""Чоловік""'


def test_new_options() -> None:
    """Typecast makes each new option once in a request, with an id and the color of its place."""
    wanted, field = writing(typecast=True), a_field("multipleSelects")

    cells = [kind_of(field.type).accept(field, value, wanted) for value in anything(["x", "low"], ["x", " y "], "y,z")]

    assert cells == [["x", "low"], ["x", "y"], ["y", "z"]]
    assert [(choice["name"], choice["color"]) for choice in wanted.choices[field.id]] == [
        ("x", "tealLight2"),
        ("y", "greenLight2"),
        ("z", "yellowLight2"),
    ]
    assert all(is_id(choice["id"], "sel") for choice in wanted.choices[field.id])
    assert field.options["choices"] is CHOICES


@pytest.mark.parametrize(("given", "filename"), [
    ({"url": "https://example.com/dir/caf%C3%A9.png?x=1"}, "café.png"),
    ({"url": "https://example.com/a.png", "filename": "b.png"}, "b.png"),
    ({"url": "http://example.com"}, "attachment"),
])  # fmt: skip
def test_new_attachment(given: dict[str, Any], filename: str) -> None:
    """An attachment by url gets an id and a name; nothing else is known of it."""
    cell = accept(a_field("multipleAttachments"), [given])

    assert is_id(cell[0].pop("id"), "att")
    assert cell == [{"url": given["url"], "filename": filename}]
