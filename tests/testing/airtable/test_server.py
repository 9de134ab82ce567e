"""The server itself: its address, and services that come one after the other."""

from __future__ import annotations

import http.client
import json
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import Service
from tests.testing.airtable.records.bases import BASE

LONGEST = 30.0  # seconds that anything may take


def is_closed(server: AirtableServer, old: Service) -> bool:
    """Asked in the server's thread, which is the only one that may touch the data."""

    def closed(_: Service) -> bool:
        try:
            old.store.database.db.execute("SELECT 1")
        except sqlite3.ProgrammingError:
            return True
        return False

    return server.call(closed)


def until_closed(server: AirtableServer, old: Service) -> bool:
    ends = time.monotonic() + LONGEST
    while not is_closed(server, old) and time.monotonic() < ends:
        time.sleep(0.01)
    return is_closed(server, old)


def test_a_request_that_had_come_is_answered_by_the_service_it_came_to() -> None:
    """Although its body comes after the service was renewed; then the old one is over, and its token is unknown."""
    with AirtableServer() as server:
        server.call(lambda service: service.store.bases.save(BASE))
        old, token = server.service, server.token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"fields": {"Name": "late"}}).encode()
        client = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=LONGEST)
        client.putrequest("POST", f"/v0/{BASE.id}/Things")
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            client.putheader(name, value)
        client.endheaders()
        while not len(old.traffic):
            time.sleep(0.01)
        server.renew()
        assert not is_closed(server, old)
        client.send(body)
        answer = client.getresponse()

        assert (answer.status, json.load(answer)["fields"]["Name"]) == (200, "late")
        assert until_closed(server, old)
        client.request("GET", f"/v0/{BASE.id}/Things", headers=headers)
        assert client.getresponse().status == 401
        client.close()


def test_no_request_fails_because_the_service_is_renewed() -> None:
    """Each one belongs to the old service or to the new one, whenever it comes; old services are closed."""
    old: list[Service] = []
    statuses: set[int] = set()
    done = threading.Event()

    def ask(server: AirtableServer) -> None:
        while not done.is_set():
            headers = {"Authorization": f"Bearer {server.token}"}
            statuses.add(requests.get(f"{server.url}/v0/meta/bases", headers=headers, timeout=LONGEST).status_code)

    with AirtableServer() as server:
        with ThreadPoolExecutor(2) as pool:
            asking = [pool.submit(ask, server) for _ in range(2)]
            for _ in range(20):
                old.append(server.service)
                server.service.faults.latency(0.01)
                time.sleep(0.02)
                server.renew()
            done.set()
            for each in asking:
                each.result()
        assert all(until_closed(server, service) for service in old)
    assert statuses <= {200, 401}  # 401: between the two services


def has_loopback_of_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_loopback_of_ipv6(), reason="this machine has no loopback of IPv6")
def test_an_address_of_ipv6_stands_in_brackets() -> None:
    """So that it is an address of the web."""
    with AirtableServer(host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        headers = {"Authorization": f"Bearer {server.token}"}
        assert requests.get(f"{server.url}/v0/meta/whoami", headers=headers, timeout=LONGEST).status_code == 200
