"""Payloads tell everything: whoever only follows them has the same records as who lists them."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.testing.airtable.webhooks.watching import add, spec, told
from tests.testing.airtable.world import BASE, COUNT, NAME, PEOPLE, PERSON, TASKS, World, emptied

Cells: TypeAlias = dict[str, Any]  # by the field's id
WHO = "Who"  # links tasks to people
INCLUDES = {"includePreviousCellValues": True, "includeCellValuesInFieldIds": "all"}


@st.composite
def requests_of(draw: st.DrawFn) -> tuple[str, Any]:
    """One request; numbers stand for records, of those that there are by then."""
    kind = draw(st.sampled_from(["create", "update", "replace", "upsert", "delete", "people", "drop"]))
    some = st.lists(st.integers(0, 20), min_size=1, max_size=3, unique=True)
    cells = st.fixed_dictionaries(
        {},
        optional={
            "Name": st.sampled_from(["a", "b", "c", None]),
            "Count": st.sampled_from([1, 2, None]),
            WHO: st.lists(st.integers(0, 20), max_size=3),
        },
    )
    return kind, draw(
        some if kind in ("delete", "drop") else st.lists(st.tuples(st.integers(0, 20), cells), max_size=4)
    )


class Client:
    """Does what the requests say, as far as there are records for it."""

    def __init__(self, world: World, link: str) -> None:
        self.world, self.link = world, link

    def ids(self, table: str) -> list[str]:
        return [record["id"] for record in self.world.ask("GET", f"{BASE}/{table}").json()["records"]]

    def send(self, kind: str, asked: Any) -> None:
        tasks, people = self.ids(TASKS), self.ids(PEOPLE)
        if kind in ("delete", "drop"):
            table, known = (TASKS, tasks) if kind == "delete" else (PEOPLE, people)
            self._ask("DELETE", table, params={"records[]": _some(known, asked)}, wanted=known)
        elif kind == "people":
            self._ask(
                "POST", PEOPLE, json={"records": [{"fields": {"Person": str(n)}} for n, _ in asked]}, wanted=asked
            )
        else:
            records: list[dict[str, Any]] = [{"fields": self._cells(cells, people)} for _, cells in asked]
            if kind in ("update", "replace"):
                chosen = zip(_some(tasks, [number for number, _ in asked]), records, strict=False)
                records = [{"id": each, **record} for each, record in chosen]
            upsert = {"performUpsert": {"fieldsToMergeOn": ["Name"]}} if kind == "upsert" else {}
            method = {"create": "POST", "replace": "PUT"}.get(kind, "PATCH")
            self._ask(method, TASKS, json={"records": records, **upsert}, wanted=records)

    def _cells(self, cells: dict[str, Any], people: list[str]) -> dict[str, Any]:
        return {name: _some(people, cell) if name == WHO else cell for name, cell in cells.items()}

    def _ask(self, method: str, table: str, wanted: Any, **parts: Any) -> None:
        if wanted:  # upserts may be refused, as when two records match: then nothing may be told of them
            self.world.ask(method, f"{BASE}/{table}", **parts)

    def listed(self, table: str) -> dict[str, Cells]:
        query = {"returnFieldsByFieldId": "true"}
        records = self.world.ask("GET", f"{BASE}/{table}", params=query).json()["records"]
        return {record["id"]: record["fields"] for record in records}


def _some(known: list[str], numbers: list[int]) -> list[str]:
    return list(dict.fromkeys(known[number % len(known)] for number in numbers)) if known else []


def replay(payloads: list[dict[str, Any]]) -> dict[str, dict[str, Cells]]:
    """The records of each table, as the payloads tell them; what they tell of before must agree."""
    records: dict[str, dict[str, Cells]] = {TASKS: {}, PEOPLE: {}}
    for payload in payloads:
        for table, parts in payload["changedTablesById"].items():
            for record, made in parts.get("createdRecordsById", {}).items():
                records[table][record] = dict(made["cellValuesByFieldId"])
            for record, changed in parts.get("changedRecordsById", {}).items():
                have = records[table][record]
                for field, cell in changed["previous"]["cellValuesByFieldId"].items():
                    assert _unordered(have.get(field)) == _unordered(cell)
                have |= changed["current"]["cellValuesByFieldId"]
                for field, cell in changed.get("unchanged", {}).get("cellValuesByFieldId", {}).items():
                    assert have.get(field) == cell
            for record in parts.get("destroyedRecordIds", ()):
                del records[table][record]
    return {
        table: {
            record: {field: cell for field, cell in cells.items() if cell is not None} for record, cells in all_.items()
        }
        for table, all_ in records.items()
    }


def _unordered(cell: Any) -> Any:
    return sorted(cell) if isinstance(cell, list) else cell


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(requests_of(), max_size=10))
def test_whoever_follows_the_payloads_has_the_records(world: World, asked: list[tuple[str, Any]]) -> None:
    """Any requests: records, their cells and their links are the same, in both tables."""
    world = emptied(world.server)
    link = world.tasks.create_field(WHO, "multipleRecordLinks", options={"linkedTableId": PEOPLE}).id
    hook, client = add(world, specification=spec(includes=INCLUDES)), Client(world, link)
    client.send("people", [(0, {}), (1, {})])
    for kind, what in asked:
        client.send(kind, what)

    assert replay(told(world, hook)) == {table: client.listed(table) for table in (TASKS, PEOPLE)}


def test_the_fields_that_are_followed_are_there(world: World) -> None:
    """The property is not held by a client that sees nothing."""
    link = world.tasks.create_field(WHO, "multipleRecordLinks", options={"linkedTableId": PEOPLE}).id
    hook, client = add(world, specification=spec(includes=INCLUDES)), Client(world, link)
    client.send("people", [(7, {})])
    client.send("create", [(0, {"Name": "a", "Count": 1, WHO: [0]})])

    seen = replay(told(world, hook))
    ((person, cells),) = seen[PEOPLE].items()
    assert list(seen[TASKS].values()) == [{NAME: "a", COUNT: 1, link: [person]}]
    assert cells[PERSON] == "7"
    assert len(cells) == 2
