"""What nobody should send: it is refused with words, and soon."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyairtable
import pytest
import requests

from pytest_syncguard.testing.airtable.schema import Base
from pytest_syncguard.testing.airtable.server import AirtableServer
from tests.testing.airtable.records.bases import BASE, field, table

HALF = "\ud800"  # of a surrogate pair: JSON can hold it, UTF-8 can not
PATH = f"{BASE.id}/Things"


def ask(server: AirtableServer, method: str, path: str, body: Any = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.token}"}
    return requests.request(method, f"{server.url}/v0/{path}", json=body, headers=headers, timeout=60)


@pytest.mark.parametrize(
    "query",
    [
        "&".join(["a=1"] * 1001),
        f"sort[{'9' * 5000}][field]=Name",
        "sort[x][field]=Name",
        "sort=Name",
        f"fields[{'9' * 5000}]=Name",
    ],
)
def test_parameters_of_a_url_that_make_no_sense(server: AirtableServer, query: str) -> None:
    """422."""
    assert ask(server, "GET", f"{PATH}?{query}").json()["error"]["type"] == "INVALID_REQUEST_UNKNOWN"


def test_too_many_parameters_for_tables(server: AirtableServer) -> None:
    """422, by the metadata API, too; what is said twice is said once."""
    tables, included = f"meta/bases/{BASE.id}/tables", "include=visibleFieldIds"

    assert ask(server, "GET", f"{tables}?{'&'.join([included] * 101)}").ok
    assert ask(server, "GET", f"{tables}?{'&'.join(['a=1'] * 1001)}").status_code == 422


@pytest.mark.parametrize("sort", [5, True, 1e20, "Name", {"field": "Name"}, [5], [[]], [None]])
def test_sorts_that_are_no_lists_of_fields(server: AirtableServer, sort: Any) -> None:
    """422."""
    refused = ask(server, "POST", f"{PATH}/listRecords", {"sort": sort})

    assert (refused.status_code, refused.json()["error"]["type"]) == (422, "INVALID_REQUEST_UNKNOWN")


def test_ids_that_no_database_can_look_up(server: AirtableServer) -> None:
    """Are those of nothing."""
    known = ask(server, "POST", PATH, {"fields": {"Name": "a"}}).json()["id"]
    merged = {"performUpsert": {"fieldsToMergeOn": ["Name"]}, "records": [{"id": HALF, "fields": {"Name": "a"}}]}
    answers = [
        ask(server, "PATCH", PATH, merged),
        ask(server, "PATCH", f"{PATH}/{known}", {"fields": {"Plugin": [HALF]}}),
        ask(server, "POST", f"{PATH}/{known}/comments", {"text": "a", "parentCommentId": HALF}),
    ]

    assert [each.status_code for each in answers] == [422, 422, 422]


@pytest.mark.parametrize("body", [{}, {"fields": None}, {"fields": []}, {"Name": "a"}])
def test_cells_that_are_not_told(server: AirtableServer, body: Any) -> None:
    """No empty record is made of them, and none is changed."""
    known = ask(server, "POST", PATH, {"fields": {"Name": "a"}}).json()["id"]
    refused = [ask(server, "POST", PATH, body), ask(server, "PATCH", f"{PATH}/{known}", body)]

    assert {each.json()["error"]["type"] for each in refused} == {"INVALID_REQUEST_MISSING_FIELDS"}
    assert len(ask(server, "GET", PATH).json()["records"]) == 1


def test_a_record_is_changed_once_in_a_request(server: AirtableServer) -> None:
    """Twice is INVALID_RECORDS; to delete it twice is to delete it."""
    known = ask(server, "POST", PATH, {"fields": {"Name": "a"}}).json()["id"]
    twice = [{"id": known, "fields": {"Name": name}} for name in "bc"]
    refused = ask(server, "PATCH", PATH, {"records": twice}).json()["error"]
    deleted = ask(server, "DELETE", f"{PATH}?records[]={known}&records[]={known}").json()

    said = "You cannot update the same record multiple times in a single request"
    assert refused == {"type": "INVALID_RECORDS", "message": said}
    assert deleted == {"records": [{"id": known, "deleted": True}]}


def test_records_that_typecast_makes_count(server: AirtableServer) -> None:
    """A plan's limit holds for them, too: nothing is made."""
    server.service.limits.records = 3
    body = {"fields": {"Name": "a", "Plugin": "x, y, z"}, "typecast": True}

    assert ask(server, "POST", PATH, body).status_code == 422
    assert ask(server, "GET", f"{BASE.id}/Plugins").json()["records"] == []
    assert ask(server, "POST", PATH, {"fields": {"Name": "a", "Plugin": "x, y"}, "typecast": True}).ok


def test_a_request_may_compute_for_some_time_only(server: AirtableServer, things: pyairtable.Table) -> None:
    """Then it is told that it took too long, and the next one is answered."""
    things.batch_create([{"Name": "a" * 3000 + "b"}] * 10)
    server.service.bounds.working = 0.05
    slow = ask(server, "POST", f"{PATH}/listRecords", {"filterByFormula": 'REGEX_MATCH({Name}, "(?:a?){300}c")'})

    assert slow.status_code == 503
    assert slow.json()["error"] == {
        "type": "RETRIABLE_ERROR",
        "message": "The server could not process your request in time",
    }
    assert ask(server, "GET", f"{PATH}?pageSize=1").ok


def test_formulas_over_formulas_are_computed_once(server: AirtableServer) -> None:
    """A chain of fields, each of which needs the one before twice, is no tree of as many leaves."""
    names = [f"F{number}x" for number in range(36)]
    chain = [field(name, "formula", formula=f"{{{before}}} + {{{before}}}") for before, name in pairwise(names)]
    chained = table("Chained", field(names[0], "number", precision=0), *chain)
    server.call(lambda service: service.store.bases.save(Base("appChain000000000", "Chain", (chained,))))
    cells = ask(server, "POST", "appChain000000000/Chained", {"fields": {names[0]: 1}}).json()["fields"]
    last = ask(server, "GET", f"appChain000000000/Chained?fields[]={names[-1]}").json()["records"][0]["fields"]

    assert cells == {name: 2**number for number, name in enumerate(names)}
    assert last == {names[-1]: 2**35}
