"""Metadata is read: who asks, which bases there are, what is in them."""

from __future__ import annotations

import pytest
import requests
from pyairtable import Api, Base

from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import OWNER
from pytest_syncguard.testing.airtable.tokens import SCOPES
from tests.testing.airtable.meta.conftest import WORKSPACE
from tests.testing.airtable.meta.raw import refusal, schema_of

ALICE = User("usrAlice000000000", "alice@example.com", "Alice")


def test_whoami(api: Api) -> None:
    """A token tells whose it is, and what it grants."""
    assert api.whoami() == {"id": OWNER.id, "email": OWNER.email, "scopes": sorted(SCOPES)}


def test_whoami_without_email(server: AirtableServer) -> None:
    """The email is told only to whom it was granted."""
    token = server.service.tokens.add(ALICE, scopes=["schema.bases:read"])

    assert Api(token, endpoint_url=server.url).whoami() == {"id": ALICE.id, "scopes": ["schema.bases:read"]}


def test_bases(api: Api, base: Base) -> None:
    """A base is found by its id, with its name and what one may do in it."""
    found = api.base(base.id, validate=True)

    assert (found.name, found.permission_level) == ("Catalogue", "create")
    assert base.id in [each.id for each in api.bases()]


def test_bases_of_a_grant(server: AirtableServer, base: Base) -> None:
    """A token for some bases lists no others."""
    token = server.service.tokens.add(ALICE, bases=[base.id])
    listed = Api(token, endpoint_url=server.url).bases()

    assert [(each.id, each.permission_level) for each in listed] == [(base.id, "create")]


def test_pages_of_bases() -> None:
    """Bases come 1,000 a page, each of them once."""
    bases = [schema.Base(f"app{number:014}", f"Base {number}") for number in range(2001)]
    with AirtableServer() as server:
        server.call(lambda service: [service.store.bases.save(base) for base in bases])
        listed = Api(server.token, endpoint_url=server.url).bases()

        assert [base.id for base in listed] == [base.id for base in bases]
        assert server.service.traffic.count("GET", "/meta/bases") == 3


def test_schema(base: Base) -> None:
    """The schema has the ids, names, types, options and descriptions of all, and a grid view that shows them."""
    table = schema_of(base)

    assert table.primary_field_id == table.field("Name").id
    assert table.field("Name").description == "What it is called"
    assert table.field("Stars").options.precision == 0
    assert [(view.name, view.type) for view in table.views] == [("Grid view", "grid")]
    assert table.views[0].visible_field_ids == [field.id for field in table.fields]
    assert all(map(is_id, (table.id, table.views[0].id, table.primary_field_id), ("tbl", "viw", "fld")))
    assert [each.id for each in base.tables()] == [table.id]
    assert base.table("Plugins").schema().id == table.id
    assert base.table("Plugins", validate=True).id == table.id


def test_visible_fields_only_if_asked(api: Api, base: Base) -> None:
    """Views tell which fields they show only where that is asked for, in either way of writing a list."""
    plain = api.get(base.urls.tables)["tables"][0]["views"][0]
    asked = [
        api.get(base.urls.tables, params={key: "visibleFieldIds"})["tables"][0]["views"][0]
        for key in ("include", "include[]")
    ]

    assert "visibleFieldIds" not in plain
    assert all(len(view["visibleFieldIds"]) == 2 for view in asked)


def test_views(api: Api, base: Base) -> None:
    """The views of a base are listed, and told one by one."""
    known = schema_of(base).views[0]
    url = api.build_url("meta/bases", base.id, "views")

    assert api.get(url) == {"views": [{"id": known.id, "name": "Grid view", "type": "grid"}]}
    assert api.get(url / known.id) == {"id": known.id, "name": "Grid view", "type": "grid"}
    assert (
        api.get(url / known.id, params={"include[]": "visibleFieldIds"})["visibleFieldIds"] == known.visible_field_ids
    )
    assert refusal(api, "GET", url / ("viw" + "0" * 14)) == (404, "NOT_FOUND", "")


def test_collaborators(server: AirtableServer, base: Base) -> None:
    """The owner comes with the workspace, everybody else with the base."""
    server.call(lambda service: service.users.update({ALICE.id: ALICE}))
    told = base.collaborators()
    people = told.individual_collaborators

    assert (told.id, told.name, told.workspace_id, told.permission_level) == (base.id, "Catalogue", WORKSPACE, "owner")
    assert [(each.user_id, each.email) for each in people.via_workspace] == [(OWNER.id, OWNER.email)]
    assert [(each.user_id, each.permission_level) for each in people.via_base] == [(ALICE.id, "create")]
    assert (told.interfaces, told.invite_links.via_base, told.group_collaborators.via_base) == ({}, [], [])


def test_collaborators_only_if_asked(api: Api, base: Base) -> None:
    """What is not asked for is left out."""
    assert api.get(base.urls.meta).keys() == {"id", "name", "createdTime", "workspaceId", "permissionLevel"}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "bases/{base}/shares", "base shares"),
        ("GET", "bases/{base}/interfaces/pbd00000000000000", "interfaces"),
        ("POST", "bases/{base}/collaborators", "changes of collaborators"),
        ("DELETE", "bases/{base}/invites/invx", "invite links"),
        ("DELETE", "bases/{base}", ""),
        ("DELETE", "bases/{base}/views/viw00000000000000", ""),
        ("GET", "workspaces/wsp00000000000000", "workspaces"),
        ("GET", "enterpriseAccounts/ent00000000000000", "enterprise accounts"),
        ("GET", "enterpriseAccounts/ent00000000000000/users", "users of an enterprise"),
    ],
)
def test_not_covered(api: Api, base: Base, method: str, path: str, name: str) -> None:
    """What only enterprises have is said not to be covered, by its name."""
    path = "/v0/meta/" + path.format(base=base.id)
    said = f"{method} {path}{f' ({name})' if name else ''} is not covered by the local Airtable"

    assert refusal(api, method, api.endpoint_url / path[1:]) == (501, "NOT_IMPLEMENTED", said)


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("", "schema.bases:read"),
        ("/{base}/tables", "schema.bases:read"),
        ("/{base}", "workspacesAndBases:read"),
        ("/{base}/views", "workspacesAndBases:read"),
        ("/{base}/views/viw00000000000000", "workspacesAndBases:read"),
    ],
)
def test_scopes(server: AirtableServer, base: Base, path: str, scope: str) -> None:
    """Each thing to read needs its scope."""
    api = Api(server.service.tokens.add(ALICE, scopes=SCOPES - {scope}), endpoint_url=server.url)
    url = f"{server.url}/v0/meta/bases{path.format(base=base.id)}"

    assert refusal(api, "GET", url)[:2] == (403, "INVALID_PERMISSIONS")


@pytest.mark.parametrize("path", ["", "/tables", "/views"])
def test_unknown_base(server: AirtableServer, api: Api, base: Base, path: str) -> None:
    """A base that is not there, and one that is not granted, look the same."""
    other = Api(server.service.tokens.add(ALICE, bases=["app" + "0" * 14]), endpoint_url=server.url)
    hidden = refusal(other, "GET", f"{server.url}/v0/meta/bases/{base.id}{path}")

    assert hidden == refusal(api, "GET", f"{server.url}/v0/meta/bases/appNowhere0000000{path}")
    assert hidden[:2] == (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")


@pytest.mark.parametrize("query", ["?include=everything", "?include[]=visibleFieldIds&include[]=x"])
def test_unknown_include(api: Api, base: Base, query: str) -> None:
    """What cannot be included is refused."""
    assert refusal(api, "GET", f"{base.urls.tables}{query}")[:2] == (422, "INVALID_REQUEST_UNKNOWN")


@pytest.mark.parametrize("offset", ["x", "itr00000000000000", "itr00000000000000/app'", "/app00000000000000x"])
def test_wrong_offset(api: Api, offset: str) -> None:
    """An offset that was not handed out is refused."""
    assert refusal(api, "GET", f"{api.urls.bases}?offset={offset}")[:2] == (422, "INVALID_OFFSET_VALUE")


def test_without_token(server: AirtableServer) -> None:
    """Nothing is told to whom nobody knows."""
    assert requests.get(f"{server.url}/v0/meta/whoami", timeout=30).status_code == 401
