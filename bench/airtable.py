"""The local Airtable: records a second beside pyairtable's in-process MockAirtable, and a table of 100,000 records.

`python -m bench airtable` talks through pyairtable over loopback to a server in a process of its own, limits off; the
mock answers the same calls within the client's process. In the large table a page of 100 records and an upsert
of ten on a text key are timed as raw requests, then a filter and a sort over all records; the memory, told after each,
is that of the server's process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests
from pyairtable import Api
from pyairtable.testing import MockAirtable

TABLE, KEY, SMALL = "tblBench000000000", "Sync Key", 2_000
FIELDS = {"Sync Key": "singleLineText", "Name": "singleLineText", "Description": "multilineText", "Tools": "number"}
SCHEMA = {
    "id": "appBench000000000",
    "name": "bench",
    "tables": [
        {
            "id": TABLE,
            "name": "Components",
            "primaryFieldId": "fldBench000000000",
            "fields": [
                {"id": f"fldBench00000000{number}", "name": name, "type": kind}
                | ({"options": {"precision": 0}} if kind == "number" else {})
                for number, (name, kind) in enumerate(FIELDS.items())
            ],
            "views": [],
        }
    ],
}


def record(number: int) -> dict[str, Any]:
    """A component as the registry records it."""
    name = f"agent-{number}"
    key = f"marketplace/plugin-{number % 100}/agent/{name}"
    return {"Sync Key": key, "Name": name, "Description": "Reviews what was changed. " * 6, "Tools": number % 7}


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, str, psutil.Process]]:
    """A server with the schema: its url, its token and its process."""
    schema = folder / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    argv = [sys.executable, "-m", "pytest_syncguard.cli", "airtable", "serve", "--port", "0", "--schema", str(schema)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url, token = child.stdout.readline().split()
        try:
            yield url, token, psutil.Process(child.pid)
        finally:
            child.terminate()


def rates(api: Api) -> dict[str, float]:
    """Records a second."""
    table = api.table(str(SCHEMA["id"]), "Components")
    found = {}
    began = time.perf_counter()
    made = table.batch_create([record(number) for number in range(SMALL)])
    found["created"] = SMALL / (time.perf_counter() - began)
    began = time.perf_counter()
    assert len(table.all()) == SMALL
    found["listed"] = SMALL / (time.perf_counter() - began)
    began = time.perf_counter()
    table.batch_upsert([{"fields": record(number)} for number in range(SMALL)], [KEY])
    found["upserted"] = SMALL / (time.perf_counter() - began)
    began = time.perf_counter()
    table.batch_delete([each["id"] for each in made])
    found["deleted"] = SMALL / (time.perf_counter() - began)
    return found


def median(work: Callable[[int], object], times: int) -> float:
    """Milliseconds."""
    took = []
    for number in range(times):
        began = time.perf_counter()
        work(number)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def large(url: str, token: str, process: psutil.Process, count: int) -> None:
    """A table of so many records: a page, an upsert, the memory."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    address = f"{url}/v0/{SCHEMA['id']}/{TABLE}"
    for start in range(0, count, 10):
        body = {"records": [{"fields": record(number)} for number in range(start, min(start + 10, count))]}
        session.post(address, json=body).raise_for_status()
    offset: dict[str, str] = {}

    def page(_: int) -> None:
        answer = session.get(address, params={"pageSize": "100", **offset}).json()
        offset.clear()
        offset.update({"offset": answer["offset"]} if "offset" in answer else {})

    def upsert(number: int) -> None:
        records = [{"fields": record((number * 997 + each) % count)} for each in range(10)]
        body: Any = {"performUpsert": {"fieldsToMergeOn": [KEY]}, "records": records}
        answer = session.patch(address, json=body).json()
        assert not answer["createdRecords"]
        assert len(answer["updatedRecords"]) == 10

    upsert(0)  # makes the index
    print(f"{count:,} records: a page of 100 in {median(page, 200):.1f} ms (limit 10)", flush=True)
    print(f"{count:,} records: an upsert of 10 on a text key in {median(upsert, 200):.1f} ms (limit 20)", flush=True)

    def memory() -> str:
        return f"{process.memory_info().rss / 1e6:.0f} MB (limit 150)"

    def query(asked: Any) -> Callable[[int], object]:
        return lambda _: session.post(f"{address}/listRecords", json=asked).raise_for_status()

    print(f"{count:,} records: {memory()}", flush=True)
    filtered = median(query({"filterByFormula": "{Tools} > 6"}), 5)
    print(f"{count:,} records: a filter that none passes in {filtered:.0f} ms; {memory()}", flush=True)
    ordered = median(query({"sort": [{"field": "Name", "direction": "desc"}]}), 5)
    print(f"{count:,} records: the first page of all, sorted by a text, in {ordered:.0f} ms; {memory()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="in the large table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with server(Path(folder)) as (url, token, _):
            ours, theirs = [], []
            for _ in range(3):  # in turns
                with MockAirtable():
                    theirs.append(rates(Api("mock")))
                ours.append(rates(Api(token, endpoint_url=url)))
        for what in ours[0]:
            mine, mocks = (max(each[what] for each in side) for side in (ours, theirs))
            print(f"{what}: {mine:,.0f} records/s over loopback, the mock {mocks:,.0f} in process ({mine / mocks:.2f})")
        with server(Path(folder)) as (url, token, process):
            large(url, token, process, options.records)


if __name__ == "__main__":
    main()
