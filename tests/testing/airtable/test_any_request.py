"""Whatever somebody sends to any route: it is answered in JSON, soon, and never by a fault of the server."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from pytest_syncguard.testing.airtable.app import make_app
from pytest_syncguard.testing.airtable.fields.registry import KINDS
from pytest_syncguard.testing.airtable.routes import comments, meta, records, uploads, webhooks
from pytest_syncguard.testing.airtable.schema import Base, Table
from pytest_syncguard.testing.airtable.service import OWNER, Service
from pytest_syncguard.testing.airtable.shaping import make_table
from pytest_syncguard.testing.airtable.store.records import Row
from pytest_syncguard.testing.airtable.store.store import Store
from tests.testing.airtable.meta.test_short import LINKED, plugins

CREATED = "2026-01-01T00:00:00.000Z"
RECORD = "rec" + "A" * 14
DEPTHS = (10, 200, 900, 3000, 100_000)
ROUTES = [*meta.ROUTES, *webhooks.ROUTES, *comments.ROUTES, *uploads.ROUTES, *records.ROUTES]
REQUESTS = [(method, route.path) for route in ROUTES for method in sorted((route.methods or set()) - {"HEAD"})]
KEYS = ["records", "fields", "id", "typecast", "performUpsert", "fieldsToMergeOn", "sort", "field", "direction", "view"]
KEYS += [
    "filterByFormula",
    "offset",
    "pageSize",
    "maxRecords",
    "cellFormat",
    "timeZone",
    "userLocale",
    "recordMetadata",
]
KEYS += ["name", "type", "options", "description", "tables", "workspaceId", "text", "parentCommentId", "enable", "url"]
KEYS += [
    "notificationUrl",
    "specification",
    "filters",
    "dataTypes",
    "cursor",
    "limit",
    "filename",
    "contentType",
    "file",
]
KEYS += ["choices", "precision", "formula", "linkedTableId", "returnFieldsByFieldId", "include", "recordChangeScope"]


def whole() -> Base:
    """A base with a field of each type."""
    link = {"type": "multipleRecordLinks", "linked": "Plugins"}
    others = {f"of {kind}": {"type": kind, **LINKED.get(kind, {})} for kind in KINDS}
    return make_table(plugins(), "T", {"Name": "singleLineText", "Plugin": link, **others})


BASE = whole()
TABLE: Table = BASE.tables[-1]
IDS = [BASE.id, *(each for table in BASE.tables for each in (table.id, table.name)), RECORD, TABLE.views[0].id]
NAMES = [*(field.name for field in TABLE.fields), *list(TABLE.by_id)[:5]]
WORDS = st.sampled_from([*IDS, *NAMES, *KINDS, *KEYS, "", "{Name}", "1/0", "asc", "string", "2026-01-01", "tableData"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | WORDS
NAMED = st.sampled_from(KEYS) | st.sampled_from(NAMES) | st.text(max_size=4)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMED, inner, max_size=4), max_leaves=12
)
CELLS = st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4)
WRITTEN = st.fixed_dictionaries({"fields": CELLS}, optional={"id": st.just(RECORD) | SCALARS})
WRITES = st.fixed_dictionaries(
    {"records": st.lists(WRITTEN, max_size=3)},
    optional={"typecast": st.booleans(), "performUpsert": st.fixed_dictionaries({"fieldsToMergeOn": st.lists(WORDS)})},
)
FIELD = st.fixed_dictionaries(
    {"name": st.sampled_from(["New", "Name", ""]), "type": st.sampled_from([*KINDS])},
    optional={"options": st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=3)},
)
MADE = FIELD | st.fixed_dictionaries({"name": WORDS, "fields": st.lists(FIELD, min_size=1, max_size=3)})
BODIES = WRITES | WRITTEN | MADE | st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6) | ANYTHING
QUERIES = st.lists(st.tuples(NAMED | st.sampled_from(["fields[]", "sort[0][field]", "records[]"]), WORDS), max_size=4)
MOSTLY = {"base": BASE.id, "table": TABLE.id, "record": RECORD, "field": NAMES[0], "view": TABLE.views[0].id}
PARTS = st.fixed_dictionaries({name: st.sampled_from([right] * 9 + ["Name"]) for name, right in MOSTLY.items()})


def answer(method: str, path: str, query: str, body: bytes) -> tuple[int, bytes]:
    """Status and body of what a new Airtable answers."""
    service = Service(Store())
    service.bounds.working = 5.0
    service.store.bases.save(BASE)
    service.store.records.add(Row(RECORD, TABLE.id, CREATED, OWNER.id, {TABLE.primary: "a"}))
    headers = [(b"authorization", f"Bearer {service.tokens.add(OWNER)}".encode()), (b"host", b"127.0.0.1")]
    raw = path.encode()
    scope = {"type": "http", "method": method, "path": path, "raw_path": raw, "query_string": query.encode()}
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    async def ask() -> None:
        await make_app(service)({**scope, "scheme": "http", "headers": headers, "state": {}}, receive, send)

    asyncio.run(ask())
    service.store.close()
    return told[0]["status"], b"".join(message.get("body", b"") for message in told[1:])


def check(status: int, said: bytes) -> None:
    """An answer of the API, whatever was asked."""
    assert status < 500 or status == 501, said  # 503: it took too long
    assert (status < 400) == ("error" not in json.loads(said or b"{}")), said


@pytest.mark.parametrize(("method", "route"), REQUESTS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(parts=PARTS, word=WORDS, query=QUERIES, body=BODIES)
def test_any_request(method: str, route: str, parts: Any, word: str, query: Any, body: Any) -> None:
    """Each route answers any JSON and any query."""
    path = re.sub(r"{(\w+)(:\w+)?}", lambda name: quote(parts.get(name[1], word) or "x", safe=""), route)
    check(*answer(method, path, urlencode(query), json.dumps(body).encode()))


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("opened", ["[", '{"a":'])
@pytest.mark.parametrize("around", ["%s", '{"fields":{"Name":%s}}', '{"fields":{"of barcode":%s}}', '{"sort":%s}'])
def test_any_depth(depth: int, opened: str, around: str) -> None:
    """JSON that is nested however deep is refused, or taken for what it is."""
    closed = {"[": "]", '{"a":': "}"}[opened]
    body = around % (opened * depth + "1" + closed * depth)
    for path in (f"/v0/{BASE.id}/T", f"/v0/{BASE.id}/T/listRecords", f"/v0/meta/bases/{BASE.id}/tables"):
        status, said = answer("POST", path, "", body.replace('"a"', '"typecast"').encode())
        check(status, said)
        check(*answer("POST", path, "", body.replace("{", '{"typecast":true,', 1).encode()))
