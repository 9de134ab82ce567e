"""Clients that a test did not make: they come to the local Airtable or fail, and never reach the real one."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pyairtable
import pytest
import requests
from pyairtable.orm import Model, fields

from pytest_syncguard.testing import airtable as package
from pytest_syncguard.testing.airtable import AirtableServer, LocalAirtable, uploads_to
from pytest_syncguard.testing.airtable.environment import REFUSAL, UPLOADS

FILES = {"Name": "singleLineText", "Files": "multipleAttachments"}
NOWHERE = "http://127.0.0.1:9"  # a proxy that does not answer


def _uploaded(table: pyairtable.Table) -> list[str]:
    """The names of the files that a record has after one was uploaded."""
    record = table.create({"Name": "a"})
    table.upload_attachment(record["id"], "Files", "note.txt", b"text", "text/plain")
    return [each["filename"] for each in table.get(record["id"])["fields"]["Files"]]


def test_a_client_without_an_endpoint_fails_at_once(airtable: LocalAirtable) -> None:
    """In words that say why, with neither a request nor a retry."""
    with pytest.raises(requests.exceptions.InvalidURL, match="airtable-is-in-use--give-this-client-its-endpoint-url"):
        pyairtable.Api(airtable.token).whoami()

    assert len(airtable.requests) == 0


def test_a_child_of_the_test_cannot_reach_the_real_one_either(airtable: LocalAirtable) -> None:
    """A program that the test starts has the same environment."""
    script = "import pyairtable; pyairtable.Api('any').whoami()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert REFUSAL in done.stderr


def test_uploads_of_any_client_come_here(airtable: LocalAirtable) -> None:
    """With nothing but the endpoint."""
    airtable.create_table("T", FILES)
    api = pyairtable.Api(airtable.token, endpoint_url=airtable.url)

    assert _uploaded(api.table(airtable.base, "T")) == ["note.txt"]


def test_uploads_are_sent_to_a_server_without_the_environment() -> None:
    """As of ``syncguard airtable serve``: one line for a client."""
    with AirtableServer() as server:
        airtable = LocalAirtable(server)
        airtable.create_table("T", FILES)
        api = uploads_to(pyairtable.Api(server.token, endpoint_url=server.url), server.url)

        assert _uploaded(api.table(airtable.base, "T")) == ["note.txt"]


@pytest.mark.parametrize("spared", ["", "intranet.example.com", "*"])
def test_a_proxy_takes_no_requests_away(monkeypatch: pytest.MonkeyPatch, spared: str) -> None:
    """Neither from the fixture's clients, which do not look at the environment, nor from others."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
    monkeypatch.setenv("no_proxy", spared)
    with AirtableServer() as server, LocalAirtable(server) as airtable:
        airtable.create_table("T", FILES)
        own = pyairtable.Api(airtable.token, endpoint_url=airtable.url)

        assert _uploaded(airtable.table("T")) == _uploaded(own.table(airtable.base, "T")) == ["note.txt"]
        with pytest.raises(requests.exceptions.InvalidURL, match=REFUSAL):
            pyairtable.Api("any").whoami()
        assert spared in os.environ["no_proxy"]
    assert os.environ["no_proxy"] == spared


def test_the_fixtures_clients_do_not_read_a_netrc(
    airtable: LocalAirtable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A login for this machine there would take the place of the token."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password none\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    assert airtable.api().whoami()["id"].startswith("usr")


def test_the_environment_is_afterwards_what_it_was() -> None:
    """Whatever it was."""
    before = dict(os.environ)
    with AirtableServer() as server, LocalAirtable(server) as airtable:
        assert os.environ[f"{UPLOADS}_proxy"] == airtable.url

    assert dict(os.environ) == before


def test_code_that_makes_its_own_client_is_brought_here(
    airtable: LocalAirtable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the recipe of the docs, for clients and for models, whatever their tokens."""

    class Agent(Model):
        class Meta:
            api_key, base_id, table_name = "patOfTheModel", airtable.base, "T"

        name = fields.TextField("Name")

    airtable.create_table("T", FILES)
    airtable.add_token(token="patOfTheModel")
    here = functools.partialmethod(pyairtable.Api.__init__, endpoint_url=airtable.url)
    monkeypatch.setattr(pyairtable.Api, "__init__", here)
    Agent(name="a").save()

    assert _uploaded(pyairtable.Api(airtable.token).table(airtable.base, "T")) == ["note.txt"]
    assert [agent.name for agent in Agent.all()] == ["a", "a"]


def test_the_package_has_what_others_need() -> None:
    """And no other name."""
    assert {name: getattr(package, name).__name__ for name in package.__all__} == {
        name: name for name in package.__all__
    }
    with pytest.raises(AttributeError, match="Nothing"):
        _ = package.Nothing


def test_the_package_costs_nothing_until_it_is_used() -> None:
    """Its names are imported when they are asked for."""
    script = "import sys, pytest_syncguard.testing.airtable; print({'uvicorn', 'lark'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
