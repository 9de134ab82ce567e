"""Airtable's errors over plain HTTP: for each of them a request that must get it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyairtable
import pytest
import requests

from tests.contract.airtable.endpoint import NOBODYS, Endpoint, error, local_only, refused, unique

NOT_FOUND_OR_ALLOWED = (
    "Invalid permissions, or the requested model was not found. Check that both your user and your token have the "
    "required permissions, and that the model names and/or ids are correct."
)
WRONG_PARAMETERS = "Invalid request: parameter validation failed. Check your request data."


@pytest.fixture(scope="module")
def record(shared: pyairtable.Table) -> str:
    return shared.create({"Name": "a"})["id"]


def test_400_no_json(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """A body that cannot be parsed as JSON."""
    json_type = {"Content-Type": "application/json"}
    answered = endpoint.records("POST", shared, data='{"fields": ', headers=json_type)

    assert answered.status_code == 400
    assert "error" in answered.json()


@pytest.mark.parametrize("token", ["", "patNobodys0000000.0000"])
def test_401_without_a_valid_token(endpoint: Endpoint, shared: pyairtable.Table, token: str) -> None:
    """Without authorization, or with invalid credentials."""
    answered = endpoint.records("GET", shared, token=token)

    assert answered.status_code == 401
    if not token:
        assert error(answered) == (401, "AUTHENTICATION_REQUIRED", "Authentication required")


def test_403_of_an_unknown_base(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """A base that is not there looks the same as one that the token may not see."""
    answered = endpoint.ask("GET", f"{NOBODYS['app']}/{shared.id}")

    assert error(answered) == (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", NOT_FOUND_OR_ALLOWED)


@pytest.mark.parametrize("table", [NOBODYS["tbl"], "Nothing of this name"])
def test_403_of_an_unknown_table(endpoint: Endpoint, table: str) -> None:
    """So does a table, by id or by name."""
    answered = endpoint.ask("GET", f"{endpoint.base_id}/{table}")

    assert error(answered) == (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", NOT_FOUND_OR_ALLOWED)


@local_only("a token with fewer scopes cannot be made through the API")
def test_403_without_the_scope(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """A token that may read may not write."""
    assert endpoint.local is not None
    reading = endpoint.local.add_token(scopes=["data.records:read"])

    assert endpoint.records("GET", shared, token=reading).ok
    answered = endpoint.records("POST", shared, token=reading, json={"fields": {}})
    assert refused(answered) == (403, "INVALID_PERMISSIONS")


def test_404_of_an_undefined_route(endpoint: Endpoint) -> None:
    """The error is a string there."""
    answered = endpoint.session.get(f"{endpoint.url}/nothing", headers={"Authorization": f"Bearer {endpoint.token}"})

    assert answered.status_code == 404
    assert answered.json() == {"error": "NOT_FOUND"}


@local_only("which size is too large is not documented")
def test_413_of_a_body_that_is_too_large(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """More than a request may hold."""
    answered = endpoint.records("POST", shared, data=b" " * (9 * 1024 * 1024))

    assert answered.status_code == 413


def test_422_wrong_parameters(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """Parameters that are none of those that are allowed."""
    answered = endpoint.records("GET", shared, params={"cellFormat": "poem"})

    assert refused(answered)[0] == 422


@pytest.mark.parametrize("body", [{}, {"name": "x"}, {"name": 1, "fields": []}])
def test_422_wrong_data_for_a_new_table(endpoint: Endpoint, body: dict[str, Any]) -> None:
    """A table needs a name and fields."""
    answered = endpoint.ask("POST", f"meta/bases/{endpoint.base_id}/tables", json=body)

    assert error(answered) == (422, "INVALID_REQUEST_UNKNOWN", WRONG_PARAMETERS)


@pytest.mark.parametrize("body", [{}, {"Name": "a"}, {"typecast": True}])
def test_422_cells_that_are_not_among_fields(
    endpoint: Endpoint, shared: pyairtable.Table, record: str, body: dict[str, Any]
) -> None:
    """Whoever forgets ``fields`` is told, and no empty record is made."""
    before = len(shared.all())
    wanted = (422, "INVALID_REQUEST_MISSING_FIELDS", 'Could not find field "fields" in the request body')

    assert error(endpoint.records("POST", shared, json=body)) == wanted
    assert error(endpoint.records("PATCH", shared, record, json=body)) == wanted
    assert len(shared.all()) == before


def test_422_too_many_fields_to_merge_on(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """fieldsToMergeOn takes three at most."""
    body = {"performUpsert": {"fieldsToMergeOn": ["Name", "Count", "Status", "Day"]}, "records": [{"fields": {}}]}

    assert endpoint.records("PATCH", shared, json=body).status_code == 422


def test_422_too_many_records(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """INVALID_RECORDS, with words about what was expected."""
    status, kind, message = error(endpoint.records("POST", shared, json={"records": [{"fields": {}}] * 11}))

    assert (status, kind) == (422, "INVALID_RECORDS")
    assert "10 record objects" in message


@pytest.mark.parametrize(
    ("method", "parts"),
    [
        ("POST", {"json": {"fields": {"Nope": 1}}}),
        ("GET", {"params": {"fields[]": "Nope"}}),
        ("GET", {"params": {"sort[0][field]": "Nope"}}),
        ("POST", {"json": {"fields": {NOBODYS["fld"]: 1}}}),
    ],
)
def test_422_unknown_field(endpoint: Endpoint, shared: pyairtable.Table, method: str, parts: dict[str, Any]) -> None:
    """It is named, wherever it came."""
    name = NOBODYS["fld"] if NOBODYS["fld"] in str(parts) else "Nope"
    answered = endpoint.records(method, shared, **parts)

    assert error(answered) == (422, "UNKNOWN_FIELD_NAME", f'Unknown field name: "{name}"')


@pytest.mark.parametrize(("name", "value"), [("Count", "many"), ("Done", 3), ("Name", ["a"])])
def test_422_a_value_of_another_type(endpoint: Endpoint, shared: pyairtable.Table, name: str, value: Any) -> None:
    """The field is named."""
    answered = endpoint.records("POST", shared, json={"fields": {name: value}})

    said = f'Field "{name}" cannot accept the provided value'
    assert error(answered) == (422, "INVALID_VALUE_FOR_COLUMN", said)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Day", "tomorrow", 'Cannot parse date value "tomorrow" for field Day'),
        ("Tags", "red", "Cannot parse value for field Tags"),
        ("Status", {"name": "Todo"}, "Cannot parse value for field Status"),
    ],
)
def test_422_a_value_that_cannot_be_parsed(
    endpoint: Endpoint, shared: pyairtable.Table, name: str, value: Any, said: str
) -> None:
    """Dates and selects say it in words of their own."""
    answered = endpoint.records("POST", shared, json={"fields": {name: value}})

    assert error(answered) == (422, "INVALID_VALUE_FOR_COLUMN", said)


def test_422_links_that_are_none(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """A link is a list of ids of records, of the table that it leads to."""
    link = {"name": "Link", "type": "multipleRecordLinks", "options": {"linkedTableId": shared.id}}
    table = endpoint.base().create_table(unique("Linked"), [{"name": "Name", "type": "singleLineText"}, link])
    there, here = shared.create({"Name": "a"})["id"], table.create({"Name": "b"})["id"]
    wrong: list[Any] = [there, [{"id": there}], [here]]
    answers = [error(endpoint.records("PATCH", table, here, json={"fields": {"Link": each}})) for each in wrong]

    elsewhere = f"Record ID {here} belongs to table {table.id}, but the field links to table {shared.id}"
    assert answers == [
        (422, "INVALID_VALUE_FOR_COLUMN", "Value is not an array of record IDs."),
        (422, "INVALID_RECORD_ID", 'Value "[object Object]" is not a valid record ID.'),
        (422, "ROW_TABLE_DOES_NOT_MATCH_LINKED_TABLE", elsewhere),
    ]


@pytest.mark.parametrize("query", ["fields=Name", "fields[21]=Name"])
def test_422_one_field_without_brackets(endpoint: Endpoint, shared: pyairtable.Table, query: str) -> None:
    """What is no list is refused, as is a list of more than twenty that counts them."""
    answered = endpoint.records("GET", shared, params=query)

    assert error(answered) == (422, "INVALID_REQUEST_UNKNOWN", WRONG_PARAMETERS)


@pytest.mark.parametrize("query", ["fields[]=Name", "fields[0]=Name", "fields=Name&fields=Name"])
def test_fields_in_a_list(endpoint: Endpoint, shared: pyairtable.Table, record: str, query: str) -> None:
    """With brackets, or named twice, the fields of a list are taken for one."""
    assert endpoint.records("GET", shared, params=query).ok


def test_422_fields_of_one_record(endpoint: Endpoint, shared: pyairtable.Table, record: str) -> None:
    """Only lists can be told what to show."""
    answered = endpoint.records("GET", shared, record, params="fields[]=Name")

    assert refused(answered) == (422, "INVALID_REQUEST_UNKNOWN")


@local_only("computed fields are created in Airtable itself")
def test_422_a_value_for_a_computed_field(endpoint: Endpoint) -> None:
    """Nobody writes what is computed."""
    assert endpoint.local is not None
    table = endpoint.local.create_table(unique("Computed"), {"Name": "singleLineText", "No": "autoNumber"})
    answered = endpoint.records("POST", endpoint.api().table(endpoint.base_id, table.name), json={"fields": {"No": 1}})

    said = 'Field "No" cannot accept a value because the field is computed'
    assert error(answered) == (422, "INVALID_VALUE_FOR_COLUMN", said)


@pytest.mark.parametrize("formula", ["{Nope}=1", "AND(", "NOSUCH({Name})"])
def test_422_a_wrong_formula(endpoint: Endpoint, shared: pyairtable.Table, formula: str) -> None:
    """An unknown field, a syntax error, an unknown function."""
    answered = endpoint.records("GET", shared, params={"filterByFormula": formula})
    status, kind, message = error(answered)

    assert (status, kind) == (422, "INVALID_FILTER_BY_FORMULA")
    assert message.startswith("The formula for filtering records is invalid: ")


def test_422_an_unknown_option(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """Without typecast a select has no other options than its choices."""
    answered = endpoint.records("POST", shared, json={"fields": {"Status": "Nowhere"}})

    assert refused(answered) == (422, "INVALID_MULTIPLE_CHOICE_OPTIONS")


def test_422_a_row_that_is_not_there(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """Of a record among those that are to be changed."""
    body = {"records": [{"id": NOBODYS["rec"], "fields": {}}]}
    status, kind, message = error(endpoint.records("PATCH", shared, json=body))

    assert (status, kind) == (422, "ROW_DOES_NOT_EXIST")
    assert NOBODYS["rec"] in message


def test_422_a_wrong_offset(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """Anything that no page came with."""
    answered = endpoint.records("GET", shared, params={"offset": "7"})

    assert refused(answered) == (422, "INVALID_OFFSET_VALUE")


def test_422_an_offset_that_is_no_longer_known(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """It looks like one; whoever gets this lists anew."""
    offset = f"itr{NOBODYS['rec'][3:]}/{NOBODYS['rec']}"
    answered = endpoint.records("GET", shared, params={"offset": offset})

    assert refused(answered) == (422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")


def test_422_an_unknown_view(endpoint: Endpoint, shared: pyairtable.Table) -> None:
    """By a name that no view of the table has."""
    answered = endpoint.records("GET", shared, params={"view": "Nowhere"})

    assert refused(answered) == (422, "VIEW_NAME_NOT_FOUND")


@pytest.mark.parametrize("name", ["Name", "name", ""])
def test_422_a_name_for_a_field_that_is_taken(endpoint: Endpoint, shared: pyairtable.Table, name: str) -> None:
    """Names of fields are unique whatever their case, and not empty."""
    path = f"meta/bases/{endpoint.base_id}/tables/{shared.id}/fields"
    answered = endpoint.ask("POST", path, json={"name": name, "type": "singleLineText"})

    assert refused(answered) == (422, "DUPLICATE_OR_EMPTY_FIELD_NAME")


@pytest.fixture
def limits(endpoint: Endpoint) -> Iterator[Any]:
    """The limits of a local Airtable, off again behind the test."""
    assert endpoint.local is not None
    limits = endpoint.local.limits
    yield limits
    limits.rate = limits.quota = None
    limits.reset()


@local_only("whoever shares the base would wait for thirty seconds")
def test_429_too_many_requests(endpoint: Endpoint, shared: pyairtable.Table, limits: Any) -> None:
    """Five a second are let through, the sixth is not."""
    limits.rate = 5
    answers = [endpoint.records("GET", shared) for _ in range(6)]

    assert [answered.status_code for answered in answers] == [200] * 5 + [429]
    said = "Rate limit exceeded. Please try again later"
    assert error(answers[-1]) == (429, "RATE_LIMIT_REACHED", said)


@local_only("it would use up the month's requests")
def test_429_no_requests_left_this_month(endpoint: Endpoint, shared: pyairtable.Table, limits: Any) -> None:
    """Waiting does not help: the type tells it apart from too many requests."""
    limits.reset()
    limits.quota = 1
    answers = [endpoint.records("GET", shared) for _ in range(2)]

    assert answers[0].ok
    assert refused(answers[1]) == (429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED")


@local_only("faults do not come on demand")
@pytest.mark.parametrize("status", [500, 502, 503])
def test_5xx_on_demand(endpoint: Endpoint, shared: pyairtable.Table, status: int) -> None:
    """The server failed once; 503 says that one may try again."""
    assert endpoint.local is not None
    endpoint.local.faults.status(status, times=1)
    answered = endpoint.records("GET", shared)

    assert answered.status_code == status
    assert status != 503 or refused(answered) == (503, "RETRIABLE_ERROR")
    assert endpoint.records("GET", shared).ok


def test_an_error_reaches_who_uses_pyairtable(shared: pyairtable.Table) -> None:
    """pyairtable raises requests' HTTPError, with Airtable's type and message in it."""
    with pytest.raises(requests.HTTPError, match=r'UNKNOWN_FIELD_NAME.*Unknown field name: "Nope"'):
        shared.create({"Nope": 1})
