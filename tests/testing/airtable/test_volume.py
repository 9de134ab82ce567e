"""Many clients at once, and a server that is killed: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyairtable
import pytest
import requests

from pytest_syncguard.testing.airtable.server import AirtableServer
from tests.testing.airtable.records.bases import BASE, a_document

THREADS, EACH = 25, 20


def test_25_threads_under_the_limit_finish_with_the_default_retry() -> None:
    """Bulk creates and deletes; those that were refused came again.

    The rate is 25 a second, and there is no penalty: pyairtable gives a request up after 6 tries within some 3.1
    seconds, in which at 5 a second no more than about 15 requests pass, and each thread makes 3 of them. Of 25
    threads 4 would finish.
    """
    with AirtableServer() as server:
        server.call(lambda service: service.store.bases.save(BASE))
        server.service.limits.rate, server.service.limits.penalty = 25, 0

        def work(number: int) -> list[str]:
            table = pyairtable.Api(server.token, endpoint_url=server.url).table(BASE.id, "Things")
            made = table.batch_create([{"Name": f"{number}-{each}"} for each in range(EACH)])
            table.batch_delete([each["id"] for each in made[: EACH // 2]])
            return [each["fields"]["Name"] for each in made[EACH // 2 :]]

        with ThreadPoolExecutor(THREADS) as pool:
            kept = [name for names in pool.map(work, range(THREADS)) for name in names]
        server.service.limits.rate = None
        table = pyairtable.Api(server.token, endpoint_url=server.url).table(BASE.id, "Things")
        found = [each["fields"]["Name"] for each in table.all()]

        assert Counter(found) == Counter(kept)
        assert len(kept) == THREADS * EACH // 2
        assert any(request.status == 429 for request in server.service.traffic)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A server in a process of its own, its url and its token; killed in the end."""
    data, schema = str(folder / "data.sqlite3"), folder / "schema.json"
    schema.write_text(json.dumps(a_document()))
    argv = [sys.executable, "-m", "pytest_syncguard.cli", "airtable", "serve", "--data", data, "--schema", str(schema)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url, token = child.stdout.readline().split()
        try:
            yield child, url, token
        finally:
            child.kill()


@pytest.mark.parametrize("seed", range(4))
def test_what_was_answered_is_there_after_the_server_was_killed(tmp_path: Path, seed: int) -> None:
    """And of a request that was not answered there is all or nothing."""
    answered: list[str] = []
    asked: list[list[str]] = []

    def write(url: str, token: str) -> None:
        address, headers = f"{url}/v0/{BASE.id}/Things", {"Authorization": f"Bearer {token}"}
        with requests.Session() as session:
            for number in range(10_000):
                names = [f"{number}-{each}" for each in range(10)]
                asked.append(names)
                body = {"records": [{"fields": {"Name": name}} for name in names]}
                try:
                    session.post(address, json=body, headers=headers).raise_for_status()
                except requests.RequestException:
                    return
                answered.extend(names)

    with serving(tmp_path) as (child, url, token):
        writer = threading.Thread(target=write, args=(url, token))
        writer.start()
        time.sleep(random.Random(seed).uniform(0.05, 0.4))
        child.send_signal(signal.SIGKILL)
        writer.join()
    with serving(tmp_path) as (_, url, token):
        table = pyairtable.Api(token, endpoint_url=url).table(BASE.id, "Things")
        found = [each["fields"]["Name"] for each in table.all()]

    assert found[: len(answered)] == answered
    assert found[len(answered) :] in ([], asked[-1])
