"""Whatever somebody writes into a schema: it is refused with its faults, or the base can be used."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyairtable import Api
from requests.exceptions import HTTPError

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.clone import restore
from pytest_syncguard.testing.airtable.fields.registry import KINDS
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.shaping import make_table
from tests.testing.airtable.meta.test_short import LINKED, plugins

SCALARS = st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from([*KINDS, "aiText", "x", "fld" + "0" * 14, "tbl" + "0" * 14, "2026-01-01", "{x}", "SUM("])
ANYTHING = st.recursive(
    SCALARS | WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner), max_leaves=6
)


def whole() -> Any:
    """The document of a base with a field of each type."""
    link = {"type": "multipleRecordLinks", "linked": "Plugins"}
    others = {f"of {kind}": {"type": kind, **LINKED.get(kind, {})} for kind in KINDS}
    return make_table(plugins(), "T", {"Name": "singleLineText", "Plugin": link, **others}).document(shown=True)


def paths(document: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to all parts of a document."""
    parts: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        parts += document.items()
    elif isinstance(document, list):
        parts += enumerate(document)
    return [way, *(path for key, inner in parts for path in paths(inner, (*way, key)))]


WHOLE = whole()
PLACES = [path for path in paths(WHOLE) if path and path[-1] not in ("id", "primaryFieldId", "views")]


def like(path: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """What could stand in that place as well, and sometimes anything."""
    value = WHOLE
    for step in path:
        value = value[step]
    match value:
        case bool():
            near: st.SearchStrategy[Any] = st.booleans()
        case int():
            near = st.integers(0, 25)
        case str():
            near = WORDS | st.text(min_size=1, max_size=8)
        case list():
            near = st.just(value[:1])
        case _:
            near = st.sampled_from([{key: value[key] for key in value if key != gone} for gone in value])
    return st.tuples(st.just(path), st.one_of(near, near, near, ANYTHING))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PLACES).flatmap(like), min_size=1, max_size=3))
def test_any_schema(server: AirtableServer, changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """A schema in which parts are replaced by anything is refused in words, or is told, written and read."""
    document = another()
    for (*way, last), value in changes:
        inside = document
        try:
            for step in way:
                inside = inside[step]
            inside[last] = value
        except (TypeError, KeyError, IndexError):  # what was replaced before is no longer there
            continue
    server.service.traffic.clear()
    with suppress(SyncguardError):
        base = server.call(lambda service: restore(service, document))
        use(Api(server.token, endpoint_url=server.url, retry_strategy=False), base)
    assert {request.status for request in server.service.traffic} <= {200, 422}


def another() -> Any:
    """The same base with other ids of it and its tables."""
    text = json.dumps(WHOLE)
    for known in (WHOLE["id"], *(table["id"] for table in WHOLE["tables"])):
        text = text.replace(known, new_id(known[:3]))
    return json.loads(text)


def use(api: Api, base: schema.Base) -> None:
    """Writes and reads; some of it may be refused, such as a formula of a name that no braces hold."""
    api.base(base.id).schema()
    for table in base.tables:
        found = api.table(base.id, table.id)
        found.create({})
        with suppress(HTTPError):
            found.create({table.primary: "x"}, typecast=True, use_field_ids=True)
        assert found.all(cell_format="string", time_zone="UTC", user_locale="en")
        found.all(sort=[field.id for field in table.fields])
        with suppress(HTTPError):
            found.all(formula=" & ".join(f"{{{field.name}}}" for field in table.fields))
