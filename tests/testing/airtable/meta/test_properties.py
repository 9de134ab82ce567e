"""Whatever is made, changed and dropped: ids and names are unique, and links come in pairs."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.schema import LINK, Base
from pytest_syncguard.testing.airtable.shaping import SchemaError, drop_field, drop_table, load_schema, rename_field
from pytest_syncguard.testing.airtable.shaping.adding import Wanted, add_field, add_table
from pytest_syncguard.testing.airtable.shaping.computing import uses
from pytest_syncguard.testing.airtable.shaping.telling import differences

NAMES = st.sampled_from(["A", "a", "B", "b ", "C", "A 2", "B 2", "", "Ω", "x" * 255])
PLACES = st.integers(0, 4)
STEPS = st.one_of(
    st.tuples(st.just("table"), NAMES, NAMES),
    st.tuples(st.just("link"), PLACES, PLACES, NAMES),
    st.tuples(st.just("text"), PLACES, NAMES),
    st.tuples(st.just("formula"), PLACES, PLACES, NAMES),
    st.tuples(st.just("count"), PLACES, PLACES, NAMES),
    st.tuples(st.just("rename"), PLACES, PLACES, NAMES),
    st.tuples(st.just("drop"), PLACES, PLACES),
    st.tuples(st.just("drop table"), PLACES),
)


def done(base: Base, step: Any) -> Base:
    """The base after one step. Raises what is raised of a step that cannot be done."""
    what, first, *rest = step
    if what == "table":
        return add_table(base, {"name": first, "fields": [{"name": rest[0], "type": "singleLineText"}]})[0]
    table = base.tables[first % len(base.tables)]
    if what == "text":
        return add_field(base, table.id, Wanted(rest[0], "singleLineText"))[0]
    if what == "drop table":
        return drop_table(base, table.id)
    if what == "link":
        linked = base.tables[rest[0] % len(base.tables)].id
        return add_field(base, table.id, Wanted(rest[1], LINK, {"linkedTableId": linked}))[0]
    field = table.fields[rest[0] % len(table.fields)]
    if what == "formula":
        return add_field(base, table.id, Wanted(rest[1], "formula", {"formula": f"{{{field.id}}} & 'x'"}))[0]
    if what == "count":
        return add_field(base, table.id, Wanted(rest[1], "count", {"recordLinkFieldId": field.id}), computed=True)[0]
    return rename_field(base, table.id, field.id, rest[1]) if what == "rename" else drop_field(base, table.id, field.id)


def hold(base: Base) -> None:
    """What always holds of a base."""
    fields = {field.id: (table, field) for table in base.tables for field in table.fields}
    ids = [base.id, *(table.id for table in base.tables), *(view.id for table in base.tables for view in table.views)]
    ids += [field.id for table in base.tables for field in table.fields]
    assert len(ids) == len(set(ids))
    for named in ([table.name for table in base.tables], *([field.name for field in t.fields] for t in base.tables)):
        names = [name.strip().casefold() for name in named]
        assert all(names)
        assert len(names) == len(set(names))
    for table in base.tables:
        assert table.primary in table.by_id
    for table, field in fields.values():
        if field.type == LINK:
            linked, inverse = field.options["linkedTableId"], field.options.get("inverseLinkFieldId")
            assert (inverse is None) == (linked == table.id)
            if inverse is not None:
                other, back = fields[inverse]
                assert (other.id, back.options["inverseLinkFieldId"], back.options["linkedTableId"]) == (
                    linked,
                    field.id,
                    table.id,
                )
        if field.options.get("isValid"):
            assert uses(field) <= fields.keys()


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_any_sequence(steps: list[Any]) -> None:
    """After any steps, of which some are refused, ids and names are unique, links agree with their inverses, and the
    base is told and loaded as it is.
    """
    base, _ = add_table(schema.Base("app" + "0" * 14, "B"), {"name": "T", "fields": [{"name": "N", "type": "email"}]})
    for step in steps:
        before = base
        try:
            base = done(base, step)
        except (AirtableError, SchemaError):
            continue
        hold(base)
        assert (differences(before, base) == {}) == (told(before) == told(base))
    assert load_schema(json.loads(json.dumps(base.document(shown=True)))) == base


def told(base: Base) -> Any:
    """As much of a base as webhooks tell."""
    return {
        table.id: (table.name, table.description, {field.id: (field.name, field.type) for field in table.fields})
        for table in base.tables
    }
