"""Bases to test with, by their schema."""

from __future__ import annotations

from typing import Any

from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table


def field_id(name: str) -> str:
    """The same id for the same name."""
    return "fld" + name.replace(" ", "").ljust(14, "0")[:14]


def field(name: str, kind: str = "singleLineText", **options: Any) -> Field:
    return Field(field_id(name), name, kind, options)


def table(name: str, *fields: Field) -> Table:
    return Table("tbl" + name.ljust(14, "0"), name, fields[0].id, fields)


PLUGINS = table(
    "Plugins",
    field("Title"),
    field("Agents", LINK, linkedTableId="tblThings00000000", inverseLinkFieldId=field_id("Plugin")),
    field("How many", "count", recordLinkFieldId=field_id("Agents")),
    field(
        "Stars",
        "multipleLookupValues",
        recordLinkFieldId=field_id("Agents"),
        fieldIdInLinkedTable=field_id("Number"),
        result={"type": "number", "options": {"precision": 0}},
    ),
    field(
        "Sum",
        "rollup",
        recordLinkFieldId=field_id("Agents"),
        fieldIdInLinkedTable=field_id("Number"),
        result={"type": "number", "options": {"precision": 0}},
    ),
)
THINGS = table(
    "Things",
    field("Name"),
    field("Number", "number", precision=0),
    field("Done", "checkbox", icon="check", color="greenBright"),
    field("Plugin", LINK, linkedTableId=PLUGINS.id, inverseLinkFieldId=field_id("Agents")),
    field("Shout", "formula", formula="UPPER({Name}) & '!'"),
    field("Owners", "formula", formula="{Plugin} & ''"),
    field("State", "singleSelect", choices=[{"id": "selOpen0000000000", "name": "Open"}]),
    field("No", "autoNumber"),
    field("Born", "createdTime"),
    field("Touched", "lastModifiedTime"),
    field("Renamed", "lastModifiedTime", referencedFieldIds=[field_id("Name")]),
    field("Maker", "createdBy"),
    field("Next", LINK, linkedTableId="tblThings00000000"),
    field("Liked", LINK, linkedTableId=PLUGINS.id, inverseLinkFieldId="fldGone0000000000"),
)
BASE = Base("appTest0000000000", "Test", (PLUGINS, THINGS))


def a_document() -> dict[str, Any]:
    """The base as the metadata API tells it: no schema has a link whose inverse is gone."""
    document = BASE.document()
    for told in document["tables"]:
        told["fields"] = [each for each in told["fields"] if each["name"] != "Liked"]
    return document
