"""Fields and tables are renamed and dropped, as somebody does it in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.schema import Base
from pytest_syncguard.testing.airtable.shaping import drop_field, drop_table, make_table, rename_field, rename_table


def catalogue() -> Base:
    base = make_table(schema.Base(new_id("app"), "B"), "Plugins", {"Name": "singleLineText", "Stars": "number"})
    fields = {
        "Name": "singleLineText",
        "Plugin": {"type": "multipleRecordLinks", "linked": "Plugins"},
        "Sum": {"type": "rollup", "link": "Plugin", "field": "Stars", "formula": "SUM(values)"},
        "Twice": {"type": "formula", "formula": "{Sum} * 2"},
    }
    return make_table(base, "Agents", fields)


def names(base: Base, table: str) -> list[str]:
    return [field.name for field in base.table(table).fields]


def test_drop() -> None:
    """A dropped field is gone; what was computed from it is no longer valid, what was not is."""
    base = drop_field(catalogue(), "Plugins", "Stars")
    total, twice = base.table("Agents").field("Sum").options, base.table("Agents").field("Twice").options

    assert names(base, "Plugins") == ["Name", "Agents"]
    assert (total["isValid"], total["result"]) == (False, None)
    assert twice["isValid"]


def test_drop_link() -> None:
    """With a link goes its inverse."""
    base = drop_field(catalogue(), "Plugins", "Agents")

    assert names(base, "Plugins") == ["Name", "Stars"]
    assert names(base, "Agents") == ["Name", "Sum", "Twice"]
    assert not base.table("Agents").field("Sum").options["isValid"]


def test_drop_table() -> None:
    """With a table go the links to it."""
    base = drop_table(catalogue(), "Plugins")

    assert [table.name for table in base.tables] == ["Agents"]
    assert names(base, "Agents") == ["Name", "Sum", "Twice"]


def test_views() -> None:
    """A view that named its fields shows the dropped one no longer."""
    base = catalogue()
    table = base.table("Plugins")
    shown = tuple(field.id for field in table.fields)
    document = table.document(shown=True)
    document["views"][0]["visibleFieldIds"] = shown
    base = drop_field(base.with_table(schema.Table.parse(document)), "Plugins", "Agents")

    assert base.table("Plugins").views[0].shown == shown[:2]


def test_rename() -> None:
    """Another name is another name and nothing else: what is computed is computed by ids."""
    before = catalogue()
    after = rename_table(rename_field(before, "Agents", "Sum", "Total"), "Agents", "People")

    assert names(after, "People") == ["Name", "Plugin", "Total", "Twice"]
    assert after.table("People").field("Twice") == before.table("Agents").field("Twice")


WRONG: list[tuple[Callable[[Base], Base], str]] = [
    (
        lambda base: drop_field(base, "Plugin", "Name"),
        'table: found "Plugin", required a table of the base; did you mean "Plugins"?',
    ),
    (
        lambda base: drop_field(base, "Plugins", "Star"),
        'table "Plugins", field: found "Star", required a field of the table; did you mean "Stars"?',
    ),
    (
        lambda base: drop_field(base, "Plugins", "Name"),
        'table "Plugins", field "Name": the primary field cannot be dropped',
    ),
    (
        lambda base: rename_field(base, "Plugins", "Name", "stars"),
        'table "Plugins", field "Name": found "stars", required a name that no other field has',
    ),
    (
        lambda base: rename_table(base, "Plugins", "agents"),
        'table "Plugins": found "agents", required a name that no other table has',
    ),
    (
        lambda base: drop_table(drop_table(base, "Agents"), "Plugins"),
        'table "Plugins": the only table of a base cannot be dropped',
    ),
]


@pytest.mark.parametrize(("work", "said"), WRONG)
def test_wrong(work: Callable[[Base], Base], said: str) -> None:
    """What cannot be done is told in one line."""
    with pytest.raises(SyncguardError) as raised:
        work(catalogue())

    assert str(raised.value) == said
