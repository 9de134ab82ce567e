"""``syncguard airtable``: a server from the command line, and a copy of a base for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyairtable
import pytest
import requests

from tests.testing.airtable.records.bases import BASE

ARGV = [sys.executable, "-m", "pytest_syncguard.cli", "airtable"]


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its first line; ended in the end."""
    with subprocess.Popen([*ARGV, "serve", *options], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child, child.stdout.readline()
        finally:
            child.terminate()


def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ARGV, *args], capture_output=True, text=True, timeout=60, env={**os.environ, **env})


def a_document() -> Any:
    """The base as the metadata API tells it; a link whose inverse is gone no schema has."""
    document = BASE.document()
    for table in document["tables"]:
        table["fields"] = [field for field in table["fields"] if field["name"] != "Liked"]
    return document


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(a_document()))
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_line_is_url_and_token_and_a_signal_ends_it_well(number: signal.Signals) -> None:
    """Nobody has to know more to use it."""
    with serving() as (child, line):
        url, token = line.split()
        assert pyairtable.Api(token, endpoint_url=url).bases() == []
        child.send_signal(number)
        assert child.wait(20) == 0


def test_port_and_token_may_be_chosen_and_a_base_stood_up(schema: Path) -> None:
    """So that a script need not read anything."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving("--port", str(port), "--token", "local", "--schema", str(schema)) as (_, line):
        assert line == f"http://127.0.0.1:{port} local\n"
        table = pyairtable.Api("local", endpoint_url=f"http://127.0.0.1:{port}").table(BASE.id, "Things")
        assert table.create({"Name": "a"})["fields"]["Shout"] == "A!"


def test_as_json() -> None:
    """One document, then nothing."""
    with subprocess.Popen([*ARGV, "serve", "--json"], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        text = ""
        while not text.endswith("}\n"):
            text += child.stdout.readline()
        document = json.loads(text)
        assert document.keys() == {"url", "token", "base"}
        child.send_signal(signal.SIGINT)
        assert child.stdout.read() == ""


def test_limits_are_as_told() -> None:
    """A thousandth request of the month in the plan, or as many as were named."""
    with serving("--quota", "2") as (_, line):
        url, token = line.split()
        api = pyairtable.Api(token, endpoint_url=url, retry_strategy=None)
        table = api.table(BASE.id, "Things")
        answers = []
        for _ in range(3):
            try:
                table.all()
            except requests.HTTPError as error:
                answers.append("BILLING_LIMIT" in str(error))
        assert answers == [False, False, True]


def test_a_clone_stands_up_elsewhere(schema: Path, tmp_path: Path) -> None:
    """Schema and records, read only."""
    file = tmp_path / "clone.json"
    with serving("--schema", str(schema)) as (_, line):
        url, token = line.split()
        pyairtable.Api(token, endpoint_url=url).table(BASE.id, "Things").create({"Name": "a", "Number": 3})
        done = run("clone", BASE.id, str(file), "--records", "--url", url, AIRTABLE_TOKEN=token)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{file}: 2 tables of {BASE.id}\n", "")
    with serving("--schema", str(file)) as (_, line):
        url, token = line.split()
        (found,) = pyairtable.Api(token, endpoint_url=url).table(BASE.id, "Things").all()
    assert {name: found["fields"][name] for name in ("Name", "Number")} == {"Name": "a", "Number": 3}


def test_what_can_be_cured_is_told_in_a_line(tmp_path: Path) -> None:
    """Required, found, where, and what to do."""
    (tmp_path / "no.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "text.db").write_text("this is no database" * 100)
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = {
            "port": run("serve", "--port", str(taken.getsockname()[1])),
            "json": run("serve", "--schema", str(tmp_path / "no.json")),
            "list": run("serve", "--schema", str(tmp_path / "list.json")),
            "text": run("serve", "--data", str(tmp_path / "text.db")),
            "other": run("serve", "--data", str(tmp_path / "other.db")),
            "folder": run("serve", "--data", str(tmp_path / "none" / "a.db")),
            "token": run("clone", BASE.id, str(tmp_path / "out.json"), AIRTABLE_TOKEN=""),
            "id": run("clone", "nonsense", str(tmp_path / "out.json"), AIRTABLE_TOKEN="x"),
            "nobody": run("clone", BASE.id, str(tmp_path / "o"), "--url", "http://127.0.0.1:1", AIRTABLE_TOKEN="x"),
            "rate": run("serve", "--rate", "0"),
            "blank": run("serve", "--token", "a b"),
            "no token": run("serve", "--token", ""),
            "host": run("serve", "--host", "192.0.2.1"),
            "scheme": run("clone", BASE.id, str(tmp_path / "o"), "--url", "127.0.0.1:1", AIRTABLE_TOKEN="x"),
            "v0": run("clone", BASE.id, str(tmp_path / "o"), "--url", "http://127.0.0.1:1/v0/", AIRTABLE_TOKEN="x"),
            "there": run("clone", BASE.id, str(tmp_path / "no.json"), AIRTABLE_TOKEN="x"),
        }
    for name, done in told.items():
        assert done.returncode == 1, (name, done)
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1 or name == "rate", (name, done.stderr)
        assert done.stderr.startswith("syncguard: error: ") or name == "rate", (name, done.stderr)
    assert "name another port" in told["port"].stderr
    assert "required what syncguard airtable clone writes" in told["json"].stderr
    assert "name a file of a local Airtable" in told["other"].stderr
    assert "AIRTABLE_TOKEN" in told["token"].stderr
    assert "--token: a token must be of printable ASCII without spaces" in told["blank"].stderr
    assert "leave the option out" in told["no token"].stderr
    assert "name an address of this machine as the host" in told["host"].stderr
    assert "write http://127.0.0.1:1" in told["scheme"].stderr
    assert told["v0"].stderr.endswith("required an address without /v0: write http://127.0.0.1:1\n")
    assert "--force writes it anew" in told["there"].stderr


def test_a_data_file_is_one_servers(tmp_path: Path) -> None:
    """Another one is told who has it; who was killed leaves no lock."""
    data = str(tmp_path / "base.sqlite")
    with serving("--data", data) as (first, _):
        second = run("serve", "--data", data)
        first.kill()
        first.wait(20)
    with serving("--data", data) as (third, line):
        assert line.startswith("http://127.0.0.1:")
        third.terminate()
        third.wait(20)
    with serving("--data", data) as (_, line):
        assert line.startswith("http://127.0.0.1:")

    in_use = f"{data} is in use by another server (pid {first.pid}): end that, or name another file"
    assert (second.returncode, second.stdout, second.stderr) == (1, "", f"syncguard: error: {in_use}\n")


def test_the_second_line_is_the_base(schema: Path) -> None:
    """Of a schema that was stood up; so that a script need not look for it."""
    with serving("--schema", str(schema)) as (child, _):
        assert child.stdout is not None
        assert child.stdout.readline() == f"{BASE.id}\n"


def test_faults_of_a_schema_name_its_file(tmp_path: Path) -> None:
    """With path, table and field, a line each."""
    document = a_document()
    document["tables"][0]["fields"][0]["type"] = "singleLinetext"
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(document))
    done = run("serve", "--schema", str(path))

    found = 'found "singleLinetext", required a type of field; did you mean "singleLineText"?'
    told = f'{path}: tables[0].fields[0].type: {found} (table "Plugins", field "Title")'
    assert (done.returncode, done.stderr) == (1, f"syncguard: error: {told}\n")


def test_each_request_is_logged(tmp_path: Path) -> None:
    """What does less than in Airtable, and each request; never a token."""
    document = a_document()
    document["tables"][0]["fields"].append({"id": "fldSums0000000000", "name": "Sums up", "type": "aiText"})
    path, log = tmp_path / "schema.json", tmp_path / "log"
    path.write_text(json.dumps(document))
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [*ARGV, "serve", "--schema", str(path), "--log", "--token", "hidden"],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as child,
    ):
        assert child.stdout is not None
        url = child.stdout.readline().split()[0]
        headers = {"Authorization": "Bearer hidden"}
        requests.get(f"{url}/v0/meta/whoami?api_key=hidden", headers=headers, timeout=30)
        child.terminate()
    warning, request = log.read_text().splitlines()

    assert warning.endswith('field "Sums up": is only read, since fields of the type aiText are not covered')
    assert request.startswith("syncguard: GET /v0/meta/whoami?api_key=... -> 200 (")


def test_limits_in_the_other_form() -> None:
    """As it was seen with the real service, beside what is documented."""
    with serving("--rate", "1", "--listed") as (_, line):
        url, token = line.split()
        headers = {"Authorization": f"Bearer {token}"}
        answers = [requests.get(f"{url}/v0/{BASE.id}/T", headers=headers, timeout=30) for _ in range(2)]

    assert answers[1].status_code == 429
    assert answers[1].json()["errors"][0]["error"] == "RATE_LIMIT_REACHED"


def test_a_base_that_the_token_does_not_see(schema: Path, tmp_path: Path) -> None:
    """It is told apart from a token that may not read schemas."""
    with serving("--schema", str(schema)) as (_, line):
        url, token = line.split()
        other = "appOther000000000"
        done = run("clone", other, str(tmp_path / "o"), "--url", url, AIRTABLE_TOKEN=token)

    assert "not among the bases that the token sees (1): check its id" in done.stderr


def test_clone_writes_anew_if_told(schema: Path, tmp_path: Path) -> None:
    """Nothing is lost by a slip."""
    file = tmp_path / "clone.json"
    file.write_text("mine")
    with serving("--schema", str(schema)) as (_, line):
        url, token = line.split()
        refused = run("clone", BASE.id, str(file), "--url", url, AIRTABLE_TOKEN=token)
        assert (refused.returncode, file.read_text()) == (1, "mine")
        assert run("clone", BASE.id, str(file), "--url", url, "--force", AIRTABLE_TOKEN=token).returncode == 0

    assert json.loads(file.read_text())["id"] == BASE.id
