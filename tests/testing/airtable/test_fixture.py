"""The fixture ``airtable``: an Airtable for each test, which shares nothing with others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyairtable
import pytest
import requests

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable import AirtableServer, LocalAirtable


def test_a_test_uses_it_with_what_it_needs_of_it(airtable: LocalAirtable) -> None:
    """Tables in a line each, linked and computed ones included."""
    plugins = airtable.create_table("Plugins", {"Name": "singleLineText", "Stars": "number"})
    agents = airtable.create_table(
        "Agents",
        {
            "Name": "singleLineText",
            "Plugin": {"type": "multipleRecordLinks", "linked": "Plugins"},
            "Shout": {"type": "formula", "formula": "UPPER({Name}) & ' of ' & {Plugin}"},
        },
    )
    plugin = plugins.create({"Name": "tools", "Stars": 3})

    agent = agents.create({"Name": "reviewer", "Plugin": [plugin["id"]]})

    assert agent["fields"]["Shout"] == "REVIEWER of tools"
    assert plugins.get(plugin["id"])["fields"]["Agents"] == [agent["id"]]


def test_any_client_needs_url_token_and_base(airtable: LocalAirtable) -> None:
    """pyairtable without our help, and no pyairtable at all."""
    airtable.create_table("Plugins", {"Name": "singleLineText"})
    pyairtable.Api(airtable.token, endpoint_url=airtable.url).table(airtable.base, "Plugins").create({"Name": "a"})

    headers = {"Authorization": f"Bearer {airtable.token}"}
    answer = requests.get(f"{airtable.url}/v0/{airtable.base}/Plugins", headers=headers)

    assert [each["fields"] for each in answer.json()["records"]] == [{"Name": "a"}]


SHARED: dict[str, str] = {}


@pytest.mark.parametrize("turn", ["first", "second"])
def test_nothing_is_shared_between_tests(airtable: LocalAirtable, turn: str) -> None:
    """Neither bases nor tokens, limits, faults, requests, users or the clock."""
    assert len(airtable.requests) == 0
    assert airtable.limits.rate is None
    assert not airtable.faults.pending
    assert [base.id for base in airtable.api().bases()] == [airtable.base]
    assert airtable.token != SHARED.get("token")
    if old := SHARED.get("token"):
        with pytest.raises(requests.HTTPError, match="401"):
            airtable.api(old).whoami()
    SHARED["token"] = airtable.token
    airtable.limits.rate = 1
    airtable.faults.status(503)
    airtable.pass_time(1e6)
    airtable.add_user("Ann", "ann@example.com")


def test_a_base_stands_up_from_its_schema(airtable: LocalAirtable, tmp_path: Path) -> None:
    """From the document, or from the file that it was written into; ids are kept."""
    field = {"id": "fldName0000000000", "name": "Name", "type": "singleLineText"}
    table = {"id": "tblThings00000000", "name": "Things", "primaryFieldId": field["id"], "fields": [field]}
    document = {"id": "appMine0000000000", "name": "Mine", "tables": [table]}
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(document))

    assert {airtable.load_schema(each) for each in (document, path, str(path))} == {document["id"]}
    airtable.table("Things").create({"Name": "a"})

    assert airtable.api().base(airtable.base).schema().table("Things").id == table["id"]


def test_a_schema_that_is_no_document_is_told(airtable: LocalAirtable) -> None:
    """With what is one, and which works."""
    airtable.create_table("Plugins", {"Name": "singleLineText"})
    api = airtable.api()
    base: Any = api.base(airtable.base)

    with pytest.raises(SyncguardError, match=re.escape('found "BaseSchema", required what the metadata API answers')):
        airtable.load_schema(base.schema())
    with pytest.raises(SyncguardError, match=r"nothing\.json: cannot be read: no such file"):
        airtable.load_schema("nothing.json")
    with AirtableServer() as server:
        assert LocalAirtable(server).load_schema(api.get(base.urls.tables)).startswith("app")


def test_tables_that_link_to_each_other(airtable: LocalAirtable) -> None:
    """What needs a link of a table that came later is added then; a table that goes takes its links along."""
    plugins = airtable.create_table("Plugins", {"Name": "singleLineText"})
    agents = airtable.create_table(
        "Agents", {"Name": "singleLineText", "Plugin": {"type": "multipleRecordLinks", "linked": "Plugins"}}
    )
    airtable.add_field("Plugins", "Used", {"type": "count", "link": "Agents"})
    airtable.add_field("Plugins", "Owner", {"type": "multipleRecordLinks", "linked": "Agents", "inverse": "Owns"})
    plugin = plugins.create({"Name": "tools"})["id"]
    agent = agents.create({"Name": "a", "Plugin": [plugin], "Owns": [plugin]})["id"]
    assert plugins.get(plugin)["fields"] == {"Name": "tools", "Agents": [agent], "Used": 1, "Owner": [agent]}

    airtable.drop_table("Agents")

    assert plugins.get(plugin)["fields"]["Name"] == "tools"
    assert [field.name for field in plugins.schema(force=True).fields] == ["Name", "Used"]
    with pytest.raises(requests.HTTPError, match="403"):
        agents.all()


def test_faults_strike_and_requests_are_counted(airtable: LocalAirtable) -> None:
    """A client that asks again after a 429 is seen to do so."""
    table = airtable.create_table("Plugins", {"Name": "singleLineText"})
    airtable.faults.status(429, times=2)

    table.create({"Name": "a"})

    assert [request.status for request in airtable.requests] == [429, 429, 200]
    assert airtable.requests.count("POST", "/Plugins$") == 3


def test_somebody_renames_and_drops_fields_in_between(airtable: LocalAirtable) -> None:
    """As people do in the real one while a program runs."""
    table = airtable.create_table("Plugins", {"Name": "singleLineText", "Stars": "number"})
    record = table.create({"Name": "a", "Stars": 3})

    airtable.rename_field("Plugins", "Name", "Title")
    airtable.faults.between(lambda: airtable.drop_field("Plugins", "Stars"))

    assert table.get(record["id"])["fields"] == {"Title": "a"}
    with pytest.raises(requests.HTTPError, match="UNKNOWN_FIELD_NAME"):
        table.update(record["id"], {"Name": "b"})


def test_tokens_of_others_may_less(airtable: LocalAirtable) -> None:
    """A user, a token with one scope."""
    airtable.create_table("Plugins", {"Name": "singleLineText"})
    ann = airtable.add_user("Ann", "ann@example.com")
    api = airtable.api(airtable.add_token(ann, scopes=["data.records:read"]))

    assert api.whoami()["id"] == ann
    assert api.table(airtable.base, "Plugins").all() == []
    with pytest.raises(requests.HTTPError, match="403"):
        api.table(airtable.base, "Plugins").create({})


@pytest.mark.parametrize("who", ["Ann", "ann@example.com"])
def test_a_user_is_named_as_one_likes(airtable: LocalAirtable, who: str) -> None:
    """By name or email, or by the id; a token may be the one that code has."""
    ann = airtable.add_user("Ann", "ann@example.com")

    assert airtable.add_token(who, token="patOfAnn") == "patOfAnn"
    assert airtable.api("patOfAnn").whoami()["id"] == ann


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"user": "Anne"}, 'found "Anne", required the name, email or id of a user: did you mean "Ann"?'),
        ({"user": "data.records:read"}, "one of Local Owner, Ann; what a token may do stands in scopes="),
        ({"user": ["data.records:read"]}, "found a list, required the name"),
        ({"scopes": "data.records:read"}, 'found "data.records:read", required a list: ["data.records:read"]'),
        ({"scopes": ["data.record:read"]}, "found data.record:read"),
        ({"bases": "appA"}, 'bases: found "appA", required a list'),
    ],
)
def test_a_token_that_makes_no_sense_is_told(airtable: LocalAirtable, arguments: dict[str, Any], told: str) -> None:
    """In one line, with what there is."""
    airtable.add_user("Ann", "ann@example.com")
    with pytest.raises(SyncguardError, match=re.escape(told)) as raised:
        airtable.add_token(**arguments)
    assert "\n" not in str(raised.value)


def test_time_passes_when_it_is_told_to(airtable: LocalAirtable) -> None:
    """An offset expires."""
    table = airtable.create_table("Plugins", {"Name": "singleLineText"})
    table.batch_create([{"Name": str(number)} for number in range(3)])
    pages = table.iterate(page_size=1)
    next(pages)

    airtable.pass_time(3600)

    with pytest.raises(requests.HTTPError, match="LIST_RECORDS_ITERATOR_NOT_AVAILABLE"):
        next(pages)


def test_time_ends_a_penalty(airtable: LocalAirtable) -> None:
    """And a month: the limits go by the same clock."""
    api = airtable.api(retry_strategy=None)
    airtable.limits.user_rate, airtable.limits.quota = 1, 2
    api.whoami()
    with pytest.raises(requests.HTTPError, match="429"):
        api.whoami()
    airtable.pass_time(31)
    api.whoami()
    airtable.pass_time(40 * 86_400)
    api.whoami()

    assert airtable.limits.calls == 1


@pytest.mark.parametrize("seconds", [-1, "1h", None, True, float("nan"), 1e300])
def test_time_that_cannot_pass_is_told(airtable: LocalAirtable, seconds: Any) -> None:
    """In one line."""
    with pytest.raises(SyncguardError, match=r"^seconds: found .*, required a number from 0 to"):
        airtable.pass_time(seconds)


def test_what_went_wrong_in_between_is_told_at_the_end(pytester: pytest.Pytester) -> None:
    """An assertion that failed in the server, and a fault that met no request, are those of the test."""
    pytester.makepyfile(
        """
        import requests

        def test_assertion(airtable):
            def check():
                assert len(airtable.requests) == 7
            airtable.faults.between(check)
            requests.get(airtable.url, headers={"Authorization": f"Bearer {airtable.token}"})

        def test_never_struck(airtable):
            airtable.faults.status(503, times=1, path="/Nothing$")
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=2, errors=1, warnings=1)
    result.stdout.fnmatch_lines(["*check()*", "E * assert 1 == 7*", "*FaultNotStruck: no request was struck by*"])


def test_faults_of_a_table_are_told_at_once(airtable: LocalAirtable) -> None:
    """In the house's words, with the nearest right name."""
    with pytest.raises(SyncguardError, match="singleLineTxt") as raised:
        airtable.create_table("Plugins", {"Name": "singleLineTxt"})
    assert "singleLineText" in str(raised.value)


def test_a_run_that_does_not_use_it_imports_nothing_of_it(pytester: pytest.Pytester) -> None:
    """Neither the server nor what it is built on."""
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            heavy = ("starlette", "uvicorn", "lark", "pyairtable", "pytest_syncguard.testing")
            assert not [name for name in sys.modules if name.startswith(heavy)]
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_xdist_workers_have_one_each(pytester: pytest.Pytester) -> None:
    """No port is fought over."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_one(airtable, number):
            table = airtable.create_table("T", {"Name": "singleLineText"})
            table.create({"Name": str(number)})
            assert [each["fields"]["Name"] for each in table.all()] == [str(number)]
        """
    )
    pytester.runpytest_subprocess("-n2", "-p", "no:cacheprovider").assert_outcomes(passed=6)


def test_test_cases_and_coroutines_use_it_too(pytester: pytest.Pytester) -> None:
    """unittest's by a fixture of theirs; the server has a thread of its own, and does not wait for an event loop."""
    pytester.makepyfile(
        """
        import asyncio
        import unittest
        from urllib.parse import urlsplit

        import pytest

        class Case(unittest.IsolatedAsyncioTestCase):
            @pytest.fixture(autouse=True)
            def _airtable(self, airtable):
                self.airtable = airtable

            async def test_one(self):
                server = urlsplit(self.airtable.url)
                reader, writer = await asyncio.open_connection(server.hostname, server.port)
                bearer = f"Authorization: Bearer {self.airtable.token}"
                writer.write(f"GET /v0/meta/whoami HTTP/1.1\\r\\nHost: local\\r\\n{bearer}\\r\\n\\r\\n".encode())
                status = await reader.readline()
                writer.close()
                await writer.wait_closed()

                assert status.split()[1] == b"200"
                assert self.airtable.requests.count("GET", "whoami") == 1
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-Werror", "-p", "no:asyncio").assert_outcomes(passed=1)
