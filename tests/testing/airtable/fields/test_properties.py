from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable.fields.choice import join, split
from pytest_syncguard.testing.airtable.fields.kind import Writing
from pytest_syncguard.testing.airtable.fields.registry import KINDS, kind_of
from tests.testing.airtable.fields.lab import ADA, BOB, FILE, LINKED, SHOWING, USERS, a_field, accept, refusal

WRITTEN = sorted(name for name, kind in KINDS.items() if not kind.computed)
REFUSALS = (
    "INVALID_VALUE_FOR_COLUMN",
    "INVALID_MULTIPLE_CHOICE_OPTIONS",
    "INVALID_ATTACHMENT_OBJECT",
    "INVALID_RECORD_ID",
)
WORDS = st.sampled_from(
    [
        "low",
        "High, very",
        ADA.id,
        BOB.email,
        LINKED,
        FILE["id"],
        "2026-11-21",
        "1:30",
        "12%",
        "yes",
        "",
        "2026-11-21T07:00:00+01:00",
        "March 4, 2026 5pm",
        "https://example.com/a.png",
        "id",
        "email",
    ]
)
KEYS = st.sampled_from(["id", "email", "text", "type", "url", "filename", "name"])
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # with halves of surrogate pairs, as JSON allows
SINGLE = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | WORDS
JSON = st.recursive(
    SINGLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | ANY_TEXT, inner, max_size=3)
)
DATES = st.dates().map(str) | st.datetimes(timezones=st.timezones() | st.none()).map(lambda moment: moment.isoformat())
DICTS = st.fixed_dictionaries({"text": st.text()}) | st.sampled_from(
    [{"id": ADA.id}, {"email": BOB.email}, {"id": FILE["id"]}]
)
LISTS = st.lists(st.sampled_from(["low", "High, very", ADA.id, LINKED]) | DICTS, max_size=4)
LIKELY = st.text() | st.integers(0, 5) | st.floats() | st.booleans() | DATES | DICTS | LISTS | WORDS


@pytest.mark.parametrize("name", WRITTEN)
@settings(deadline=None)
@given(value=JSON.filter(lambda value: value is not None), typecast=st.booleans())
def test_any_json(name: str, value: Any, typecast: bool) -> None:
    """Whatever JSON is written, it is accepted or refused as Airtable refuses."""
    field = a_field(name)
    if told := refusal(field, value, typecast=typecast):
        assert told in REFUSALS
        return

    cell = accept(field, value, typecast=typecast)
    assert cell is not False
    assert cell not in ("", [], {})
    if cell is not None:
        kind_of(name).show(field, cell, SHOWING)
        kind_of(name).text(field, cell, SHOWING).encode()
        kind_of(name).value(field, cell, SHOWING)
        assert kind_of(name).order(field, cell) == kind_of(name).order(field, cell)


@pytest.mark.parametrize("name", WRITTEN)
@settings(deadline=None)
@given(value=LIKELY)
def test_round_trip(name: str, value: Any) -> None:
    """What is shown can be written again, and is shown the same."""
    field, kind = a_field(name), kind_of(name)
    if refusal(field, value) or (cell := accept(field, value)) is None:
        return

    known = {item["id"]: item for item in cell} if name == "multipleAttachments" else {}
    again = kind.accept(field, kind.show(field, cell, SHOWING), Writing(users=USERS, attachments=known.get))

    assert again == cell


@given(st.lists(st.text().map(str.strip).filter(bool)))
def test_lists_in_text(items: list[str]) -> None:
    """A list that is shown as one text can be read from it again."""
    assert split(join(items)) == items


@pytest.mark.parametrize("name", ["number", "currency", "percent", "duration"])
@settings(deadline=None)
@given(number=st.decimals(-(10**9), 10**9, places=1).map(float))
def test_numbers_in_text(name: str, number: float) -> None:
    """A number that is shown in full as text is read from it by typecast."""
    field = a_field(name, precision=3, durationFormat="h:mm:ss.S")
    text = kind_of(name).text(field, accept(field, number), SHOWING)

    assert accept(field, text, typecast=True) == pytest.approx(number, rel=1e-12, abs=1e-12)
