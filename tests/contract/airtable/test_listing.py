"""Lists of records over plain HTTP: one parameter after the other."""

from __future__ import annotations

from typing import Any

import pyairtable
import pytest

from tests.contract.airtable.endpoint import Endpoint, cells, field_ids, refused, unique

ROWS: list[dict[str, Any]] = [
    {"Name": "a", "Count": 2, "Done": True, "Day": "2026-03-01"},
    {"Name": "b", "Count": 1, "Done": True},
    {"Name": "c", "Count": 2, "Tags": ["red", "blue"]},
    {"Name": "d"},
]


@pytest.fixture(scope="module")
def rows(shared: pyairtable.Table) -> list[str]:
    """The ids of four records."""
    return [record["id"] for record in shared.batch_create(ROWS)]


@pytest.fixture
def listed(endpoint: Endpoint, shared: pyairtable.Table, rows: list[str]) -> Any:
    """Lists the four records; parameters as requests takes them."""
    return lambda **params: endpoint.records("GET", shared, params=params).json()


def test_a_list_has_whole_records(listed: Any, rows: list[str]) -> None:
    """Each record has id, createdTime and fields; there is no offset behind the last page."""
    page = listed()

    assert page.keys() == {"records"}
    assert {record["id"] for record in page["records"]} == set(rows)
    assert all(record.keys() == {"id", "createdTime", "fields"} for record in page["records"])


def test_page_size_and_offset(listed: Any) -> None:
    """A page has pageSize records, and an offset as long as there are more; the offset leads to the next page."""
    first = listed(pageSize=3)
    second = listed(pageSize=3, offset=first["offset"])

    assert len(first["records"]) == 3
    assert "offset" not in second
    assert sorted(cells(first["records"] + second["records"])) == list("abcd")


def test_an_offset_may_be_asked_for_twice(listed: Any) -> None:
    """A client that did not get its answer asks again."""
    offset = listed(pageSize=3)["offset"]

    assert listed(pageSize=3, offset=offset) == listed(pageSize=3, offset=offset)


def test_a_page_has_a_hundred_records_unless_asked(endpoint: Endpoint) -> None:
    """pageSize is 100 by default, and at most."""
    table = endpoint.make({"Name": "singleLineText"})
    table.batch_create([{"Name": str(number)} for number in range(101)])

    page = endpoint.records("GET", table).json()
    assert len(page["records"]) == 100
    assert "offset" in page
    assert endpoint.records("GET", table, params={"pageSize": 101}).status_code == 422


def test_max_records_bounds_all_pages_together(listed: Any) -> None:
    """Pagination stops once the maximum is reached."""
    first = listed(pageSize=2, maxRecords=3)
    second = listed(pageSize=2, maxRecords=3, offset=first["offset"])

    assert (len(first["records"]), len(second["records"])) == (2, 1)
    assert "offset" not in second


def test_fields_by_name_or_id(listed: Any, shared: pyairtable.Table) -> None:
    """Only those that are named are told."""
    ids = field_ids(shared)
    page = listed(**{"fields[]": ["Name", ids["Count"]], "filterByFormula": "{Name}='a'"})

    assert page["records"][0]["fields"] == {"Name": "a", "Count": 2}


def test_sort_over_several_fields(listed: Any) -> None:
    """The first field decides, then the second; directions are asc, which is the default, and desc."""
    sort = {"sort[0][field]": "Done", "sort[0][direction]": "desc", "sort[1][field]": "Count"}

    assert cells(listed(**sort)["records"])[:2] == ["b", "a"]
    assert cells(listed(**sort, **{"sort[1][direction]": "desc"})["records"])[:2] == ["a", "b"]


def test_sort_by_a_field_that_is_not_shown(listed: Any) -> None:
    """What is sorted by need not be told; pages keep to the order."""
    query = {"sort[0][field]": "Name", "sort[0][direction]": "desc", "fields[]": "Count", "pageSize": 2}
    first = listed(**query)
    second = listed(**query, offset=first["offset"])

    assert cells(first["records"] + second["records"], "Count") == [None, 2, 1, 2]
    assert all("Name" not in record["fields"] for record in first["records"])


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_view_by_id_or_name(listed: Any, shared: pyairtable.Table, rows: list[str], by: str) -> None:
    """The default grid view has all records."""
    view = shared.schema().views[0]

    assert view.name == "Grid view"
    assert {each["id"] for each in listed(view=getattr(view, by))["records"]} == set(rows)


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("{Count}=2", "ac"),
        ("AND({Count}=2, NOT({Done}))", "c"),
        ("{Done}", "ab"),
        ("{Count}*0", ""),
        ('FIND("blue", ARRAYJOIN({Tags}))', "c"),
        ("IS_AFTER({Day}, '2026-02-28')", "a"),
        ("{Name}&''", "abcd"),
        ("''", ""),
        ("ERROR()", ""),
    ],
)
def test_a_formula_filters(listed: Any, formula: str, names: str) -> None:
    """A record is in the list unless the result is 0, false, "", NaN, [] or an error."""
    assert sorted(cells(listed(filterByFormula=formula)["records"])) == list(names)


def test_a_formula_together_with_a_view(listed: Any) -> None:
    """Only records of the view that satisfy the formula are in the list."""
    assert cells(listed(view="Grid view", filterByFormula="{Count}=1")["records"]) == ["b"]


def test_cells_as_strings(listed: Any) -> None:
    """cellFormat=string makes a string of every cell; it needs timeZone and userLocale."""
    query = {"cellFormat": "string", "timeZone": "Europe/Berlin", "userLocale": "en"}
    (record,) = listed(**query, filterByFormula="{Name}='c'")["records"]

    assert "red" in record["fields"]["Tags"]
    assert "2" in record["fields"]["Count"]
    assert all(isinstance(cell, str) for cell in record["fields"].values())


def test_a_time_is_shown_in_its_zone(endpoint: Endpoint) -> None:
    """With cellFormat=string a dateTime stands in the zone of the request, which may make another day of it."""
    zoned = {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "client"}
    table = endpoint.make({"Name": "singleLineText", "At": {"type": "dateTime", "options": zoned}})
    table.create({"Name": "a", "At": "2026-01-01T23:30:00+00:00"})
    query = {"cellFormat": "string", "userLocale": "en"}
    shown = [
        endpoint.records("GET", table, params={**query, "timeZone": zone}).json()["records"][0]["fields"]["At"]
        for zone in ("UTC", "Europe/Berlin")
    ]

    assert table.all()[0]["fields"]["At"] == "2026-01-01T23:30:00.000Z"
    assert "23:30" in shown[0]
    assert "30" in shown[1]
    assert "23:30" not in shown[1]


def test_one_record_as_strings(endpoint: Endpoint, shared: pyairtable.Table, rows: list[str]) -> None:
    """A single record takes the same parameters for its cells."""
    query = {"cellFormat": "string", "timeZone": "UTC", "userLocale": "en"}
    record = endpoint.records("GET", shared, rows[2], params=query).json()

    assert "red" in record["fields"]["Tags"]


def test_a_long_formula_with_strings(shared: pyairtable.Table, rows: list[str]) -> None:
    """In POST listRecords timeZone and userLocale stand in the URL, where pyairtable leaves them."""
    wanted = "OR(" + ",".join(f"{{Name}}='{number:030}'" for number in range(350)) + ",{Name}='c')"
    (record,) = shared.all(formula=wanted, cell_format="string", time_zone="UTC", user_locale="en")

    assert "red" in record["fields"]["Tags"]


@pytest.mark.parametrize("left", ["timeZone", "userLocale"])
def test_strings_need_zone_and_locale(endpoint: Endpoint, shared: pyairtable.Table, left: str) -> None:
    """Both are required when using string as the cellFormat."""
    query = {"cellFormat": "string", "timeZone": "UTC", "userLocale": "en"}
    del query[left]

    assert endpoint.records("GET", shared, params=query).status_code == 422


def test_fields_by_their_ids(listed: Any, shared: pyairtable.Table) -> None:
    """returnFieldsByFieldId makes the ids of fields the keys."""
    ids = field_ids(shared)
    (record,) = listed(returnFieldsByFieldId="true", filterByFormula="{Name}='b'")["records"]

    assert record["fields"] == {ids["Name"]: "b", ids["Count"]: 1, ids["Done"]: True}


def test_comments_are_counted_on_request(listed: Any, shared: pyairtable.Table, rows: list[str]) -> None:
    """recordMetadata=commentCount adds the number of comments to each record."""
    shared.add_comment(rows[1], "Hello")
    page = listed(**{"recordMetadata[]": "commentCount"})

    assert {record["id"]: record["commentCount"] for record in page["records"]} == dict(
        zip(rows, [0, 1, 0, 0], strict=True)
    )


def test_post_list_takes_the_same_parameters(endpoint: Endpoint, shared: pyairtable.Table, rows: list[str]) -> None:
    """POST listRecords answers what GET answers, for parameters in its body."""
    query = {
        "fields": ["Name"],
        "sort": [{"field": "Name", "direction": "desc"}],
        "filterByFormula": "{Name}!='b'",
        "pageSize": 2,
    }
    first = endpoint.records("POST", shared, "listRecords", json=query).json()
    second = endpoint.records("POST", shared, "listRecords", json={**query, "offset": first["offset"]}).json()

    assert [record["fields"] for record in first["records"] + second["records"]] == [
        {"Name": "d"},
        {"Name": "c"},
        {"Name": "a"},
    ]


def test_a_long_formula_goes_by_post(shared: pyairtable.Table, rows: list[str]) -> None:
    """pyairtable turns a request whose URL would be too long into POST listRecords."""
    wanted = "OR(" + ",".join(f"{{Name}}='{number:030}'" for number in range(350)) + ",{Name}='a')"

    assert cells(shared.all(formula=wanted)) == ["a"]


def test_a_table_by_its_name(endpoint: Endpoint) -> None:
    """Names and ids of tables may be used interchangeably, also a name that has to be encoded."""
    table = endpoint.make({"Name": "singleLineText"}, what="Ä/b & c")
    table.create({"Name": "a"})
    name = table.schema().name

    assert name.startswith("Ä/b & c ")
    assert cells(endpoint.base().table(name).all()) == ["a"]


def test_a_table_that_is_not_there(endpoint: Endpoint) -> None:
    """It looks the same as one that the token may not see."""
    answered = endpoint.ask("GET", f"{endpoint.base_id}/{unique('Nothing')}")

    assert refused(answered) == (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")
