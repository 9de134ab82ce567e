"""A table with fields of every type, and the classes of pyairtable's ORM for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyairtable
from pyairtable.orm import fields as F
from pyairtable.orm.fields import AnyField

from tests.contract.airtable.endpoint import NOBODYS, Endpoint

WRITABLE = {  # names of fields, with their types
    "Name": "singleLineText",
    "Long": "multilineText",
    "Rich": "richText",
    "Mail": "email",
    "Phone": "phoneNumber",
    "Web": "url",
    "Number": "number",
    "Price": "currency",
    "Share": "percent",
    "Stars": "rating",
    "Took": "duration",
    "Done": "checkbox",
    "Status": "singleSelect",
    "Tags": "multipleSelects",
    "Day": "date",
    "At": "dateTime",
    "Owner": "singleCollaborator",
    "Team": "multipleCollaborators",
    "Code": "barcode",
    "Files": "multipleAttachments",
}
COMPUTED: Mapping[str, Mapping[str, Any]] = {  # what the metadata API does not create, as the fixture does
    "Friend": {"type": "multipleRecordLinks", "linked": "Friends"},
    "No": {"type": "autoNumber"},
    "Press": {"type": "button", "options": {}},
    "How many": {"type": "count", "link": "Friend"},
    "Made by": {"type": "createdBy"},
    "Made": {"type": "createdTime"},
    "Touched by": {"type": "lastModifiedBy"},
    "Touched": {"type": "lastModifiedTime"},
    "Ages": {"type": "multipleLookupValues", "link": "Friend", "field": "Age"},
    "Age": {"type": "rollup", "link": "Friend", "field": "Age", "formula": "SUM(values)"},
    "Shout": {"type": "formula", "formula": "UPPER({Name})"},
}
ME = object()  # stands for the user of the token

TEXTS = {
    F.TextField: "Name",
    F.SingleLineTextField: "Name",
    F.RequiredTextField: "Name",
    F.RequiredSingleLineTextField: "Name",
    F.MultilineTextField: "Long",
    F.RequiredMultilineTextField: "Long",
}
DAY, AT = date(2026, 3, 1), datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
VALUES: Mapping[type[AnyField], tuple[str, Any]] = {  # the field that a class is tried with, and a value for it
    **{kind: (name, "some text") for kind, name in TEXTS.items()},
    F.RichTextField: ("Rich", "**bold**\n"),
    F.RequiredRichTextField: ("Rich", "plain\n"),
    F.EmailField: ("Mail", "alice@example.com"),
    F.RequiredEmailField: ("Mail", "bob@example.com"),
    F.PhoneNumberField: ("Phone", "+49 30 1234"),
    F.RequiredPhoneNumberField: ("Phone", "(555) 0100"),
    F.UrlField: ("Web", "https://example.com/a?b=c"),
    F.RequiredUrlField: ("Web", "https://example.com/"),
    F.NumberField: ("Number", 1.5),
    F.RequiredNumberField: ("Number", -2),
    F.IntegerField: ("Number", 7),
    F.RequiredIntegerField: ("Number", 0),
    F.FloatField: ("Number", 0.5),
    F.RequiredFloatField: ("Number", 2.5),
    F.CurrencyField: ("Price", 9.99),
    F.RequiredCurrencyField: ("Price", 10),
    F.PercentField: ("Share", 0.25),
    F.RequiredPercentField: ("Share", 1),
    F.RatingField: ("Stars", 4),
    F.RequiredRatingField: ("Stars", 1),
    F.DurationField: ("Took", timedelta(hours=1, minutes=2, seconds=3)),
    F.RequiredDurationField: ("Took", timedelta(seconds=90)),
    F.CheckboxField: ("Done", True),
    F.SelectField: ("Status", "Todo"),
    F.RequiredSelectField: ("Status", "Done"),
    F.MultipleSelectField: ("Tags", ["blue", "red"]),
    F.DateField: ("Day", DAY),
    F.RequiredDateField: ("Day", DAY),
    F.DatetimeField: ("At", AT),
    F.RequiredDatetimeField: ("At", AT),
    F.CollaboratorField: ("Owner", ME),
    F.RequiredCollaboratorField: ("Owner", ME),
    F.MultipleCollaboratorsField: ("Team", [ME]),
    F.BarcodeField: ("Code", {"text": "12345", "type": "code39"}),
    F.RequiredBarcodeField: ("Code", {"text": "12345"}),
    F.AttachmentsField: ("Files", [{"url": "https://example.com/", "filename": "page.html"}]),
}
LINKS = (F.LinkField, F.SingleLinkField)
READ_ONLY: Mapping[type[AnyField], str] = {  # the field that a class reads
    F.AutoNumberField: "No",
    F.ButtonField: "Press",
    F.CountField: "How many",
    F.RequiredCountField: "How many",
    F.CreatedByField: "Made by",
    F.CreatedTimeField: "Made",
    F.LastModifiedByField: "Touched by",
    F.LastModifiedTimeField: "Touched",
    F.LookupField: "Ages",
}
AI_TEXT = {"state": "generated", "value": "a summary", "isStale": False}
LOADED: Mapping[type[AnyField], tuple[str, Any]] = {  # read from a base that was cloned; nobody creates these
    F.AITextField: ("Summary", AI_TEXT),
    F.RequiredAITextField: ("Summary", AI_TEXT),
    F.ExternalSyncSourceField: ("Source", "Other base"),
    F.ManualSortField: ("Order", "a0"),
}


def document() -> dict[str, Any]:
    """What the metadata API would tell of a base with such fields, and a record of it."""
    types = {"Name": "singleLineText", "Summary": "aiText", "Source": "externalSyncSource", "Order": "manualSort"}
    fields = [{"id": f"fld{name:0<14}", "name": name, "type": kind} for name, kind in types.items()]
    cells = {f"fld{name:0<14}": value for name, value in LOADED.values()}
    record = {"id": NOBODYS["rec"], "createdTime": "2026-03-01T09:00:00.000Z", "fields": cells}
    table = {"id": NOBODYS["tbl"], "name": "Loaded", "primaryFieldId": fields[0]["id"], "fields": fields, "views": []}
    return {"id": NOBODYS["app"], "name": "Loaded", "tables": [{**table, "records": [record]}]}


def everything(endpoint: Endpoint) -> tuple[pyairtable.Table, pyairtable.Table]:
    """A table with a field of each type that the metadata API creates, and friends that it links to."""
    friends = endpoint.make({"Name": "singleLineText", "Age": "number"}, what="Friends")
    link = {"type": "multipleRecordLinks", "options": {"linkedTableId": friends.id}}
    return endpoint.make({**WRITABLE, "Friends": link, "Best": link}, what="Everything"), friends
