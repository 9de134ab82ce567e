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

import pyairtable
import pytest

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


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(BASE.document()))
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
            except Exception as error:
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
