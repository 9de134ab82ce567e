"""A field of every type, two people, and short ways to ask their kinds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fields.kind import Showing, User, Writing
from pytest_syncguard.testing.airtable.fields.registry import kind_of
from pytest_syncguard.testing.airtable.schema import Field

NAME = "F"
ADA, BOB = User("usrAAAAAAAAAAAAAA", "ada@example.com", "Ada"), User("usrBBBBBBBBBBBBBB", "bob@example.com", "Bob")
USERS = {user.id: user for user in (ADA, BOB)}
FILE = {"id": "attAAAAAAAAAAAAAA", "filename": "a b.txt", "size": 3, "type": "text/plain"}
LINKED = "recAAAAAAAAAAAAAA"
SHOWING = Showing(zone="America/New_York", locale="en", users=USERS, base_url="http://127.0.0.1:1")

LOCAL, LOCAL_TIME = {"name": "local", "format": "l"}, {"name": "12hour", "format": "h:mma"}
CHOICES = [
    {"id": "selAAAAAAAAAAAAAA", "name": "low", "color": "redBright"},
    {"id": "selBBBBBBBBBBBBBB", "name": "High, very", "color": "blueLight2"},
]
OPTIONS: dict[str, dict[str, Any]] = {
    "number": {"precision": 1},
    "currency": {"precision": 2, "symbol": "$"},
    "percent": {"precision": 1},
    "duration": {"durationFormat": "h:mm:ss"},
    "checkbox": {"color": "greenBright", "icon": "check"},
    "rating": {"color": "yellowBright", "icon": "star", "max": 5},
    "singleSelect": {"choices": CHOICES},
    "multipleSelects": {"choices": CHOICES},
    "date": {"dateFormat": LOCAL},
    "dateTime": {"timeZone": "client", "dateFormat": LOCAL, "timeFormat": LOCAL_TIME},
    "multipleRecordLinks": {"linkedTableId": "tblAAAAAAAAAAAAAA"},
    "formula": {"formula": "1+1"},
    "rollup": {"recordLinkFieldId": "fldAAAAAAAAAAAAAA", "fieldIdInLinkedTable": "fldBBBBBBBBBBBBBB"},
    "multipleLookupValues": {"recordLinkFieldId": "fldAAAAAAAAAAAAAA", "fieldIdInLinkedTable": "fldBBBBBBBBBBBBBB"},
    "count": {"recordLinkFieldId": "fldAAAAAAAAAAAAAA"},
}


def a_field(name: str, **options: Any) -> Field:
    """A field of that type; options given here replace those of `OPTIONS`."""
    return Field("fldFFFFFFFFFFFFFF", NAME, name, {**OPTIONS.get(name, {}), **options})


def writing(*, typecast: bool = False) -> Writing:
    return Writing(typecast, datetime(2026, 11, 21, tzinfo=UTC), USERS, {FILE["id"]: FILE}.get)


def accept(field: Field, value: Any, *, typecast: bool = False) -> Any:
    return kind_of(field.type).accept(field, value, writing(typecast=typecast))


def refusal(field: Field, value: Any, *, typecast: bool = False) -> str:
    """The type of the error that a value is refused with; empty if it is accepted."""
    try:
        accept(field, value, typecast=typecast)
    except AirtableError as error:
        error.message.encode()  # so that it can be answered
        return error.type if error.status == 422 else str(error.status)
    return ""
