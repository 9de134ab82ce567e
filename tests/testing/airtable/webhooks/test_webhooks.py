"""Webhooks: made, listed, refreshed, expired, deleted, and who may do it."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.testing.airtable.webhooks.watching import PATH, add, spec
from tests.testing.airtable.world import ALICE, BASE, COUNT, NAME, START, TASKS, World, running

NOBODYS = "ach" + "0" * 14
WEEK = timedelta(days=7)


def test_a_new_webhook_tells_its_secret_once(world: World) -> None:
    """The answer holds the id, the secret in base 64, and the end of its life in seven days."""
    made = world.ask("POST", PATH, json={"specification": spec()}).json()
    listed = world.ask("GET", PATH).json()["webhooks"]

    assert made.keys() == {"id", "macSecretBase64", "expirationTime"}
    assert made["id"].startswith("ach")
    assert len(base64.b64decode(made["macSecretBase64"], validate=True)) == 64
    assert datetime.fromisoformat(made["expirationTime"]) == START + WEEK
    assert made["macSecretBase64"] not in str(listed)


def test_a_webhook_is_listed_as_airtable_does(world: World) -> None:
    """All that can be known of it before anything has happened."""
    made = world.ask("POST", PATH, json={"specification": spec()}).json()

    assert world.ask("GET", PATH).json() == {
        "webhooks": [
            {
                "id": made["id"],
                "specification": spec(),
                "notificationUrl": None,
                "cursorForNextPayload": 1,
                "lastNotificationResult": None,
                "areNotificationsEnabled": False,
                "lastSuccessfulNotificationTime": None,
                "isHookEnabled": True,
                "expirationTime": made["expirationTime"],
            }
        ]
    }


def test_webhooks_are_listed_in_the_order_in_which_they_were_made(world: World) -> None:
    """Also when all were made in the same moment, and after one of them is gone."""
    made = [add(world) for _ in range(5)]
    made.pop(2).delete()
    made.append(add(world))

    assert [hook.id for hook in world.api().base(BASE).webhooks()] == [hook.id for hook in made]


def test_the_eleventh_webhook_of_a_base_is_refused(world: World) -> None:
    """Until another one is deleted."""
    hooks = [add(world) for _ in range(10)]

    refused = world.refused("POST", PATH, json={"specification": spec()})
    assert refused == (422, "TOO_MANY_WEBHOOKS_IN_BASE")
    hooks[0].delete()
    assert world.ask("POST", PATH, json={"specification": spec()}).ok


def test_a_deleted_webhook_is_gone(world: World) -> None:
    """With its payloads; the answer is empty."""
    hook, kept = add(world), add(world)
    world.tasks.create({})
    deleted = world.ask("DELETE", f"{PATH}/{hook.id}")

    assert (deleted.status_code, deleted.content) == (200, b"")
    assert [each.id for each in world.api().base(BASE).webhooks()] == [kept.id]
    left = world.server.call(lambda service: service.store.webhooks.payloads(hook.id, 1, 10))
    assert left == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", ""),
        ("POST", "/refresh"),
        ("POST", "/enableNotifications"),
        ("GET", "/payloads"),
    ],
)
def test_an_unknown_webhook_is_not_found(world: World, method: str, path: str) -> None:
    """Whatever is asked of it."""
    assert world.refused(method, f"{PATH}/{NOBODYS}{path}", json={"enable": True}) == (404, "NOT_FOUND")


def test_a_webhook_expires_after_a_week(world: World) -> None:
    """From then on it is not told of changes; it is listed for another week, and then it is gone."""
    hook = add(world)
    world.pass_by(days=6)
    world.tasks.create({"Name": "seen"})
    world.pass_by(days=1)
    world.tasks.create({"Name": "unseen"})

    (expired,) = world.api().base(BASE).webhooks()
    assert (expired.is_hook_enabled, expired.cursor_for_next_payload) == (False, 2)
    assert len(list(hook.payloads())) == 1
    assert world.refused("POST", f"{PATH}/{hook.id}/refresh") == (422, "INVALID_REQUEST_UNKNOWN")
    world.pass_by(days=6, hours=23)
    assert len(world.api().base(BASE).webhooks()) == 1
    world.pass_by(hours=1)
    assert world.api().base(BASE).webhooks() == []


def test_refreshing_gives_another_week(world: World) -> None:
    """From the time of the request on."""
    hook = add(world)
    world.pass_by(days=6)
    refreshed = world.ask("POST", f"{PATH}/{hook.id}/refresh").json()
    hook.extend_expiration()
    world.pass_by(days=6)

    assert datetime.fromisoformat(refreshed["expirationTime"]) == START + timedelta(days=13)
    assert refreshed == {"expirationTime": hook.expiration_time}
    assert world.api().base(BASE).webhook(hook.id).is_hook_enabled


def test_listing_payloads_gives_another_week(world: World) -> None:
    """But not to a webhook that is expired already."""
    hook = add(world)
    world.pass_by(days=6)
    list(hook.payloads())
    assert world.api().base(BASE).webhook(hook.id).expiration_time == START + timedelta(days=13)

    world.pass_by(days=7)
    list(hook.payloads())
    expired = world.api().base(BASE).webhook(hook.id)
    assert (expired.expiration_time, expired.is_hook_enabled) == (START + timedelta(days=13), False)


def test_payloads_are_kept_for_a_week(world: World) -> None:
    """Cursors go on as if nothing were gone."""
    hook = add(world)
    for number in range(3):
        world.tasks.create({"Count": number})
        world.pass_by(days=3)
        hook.extend_expiration()

    listed = world.ask("GET", f"{PATH}/{hook.id}/payloads").json()
    assert (len(listed["payloads"]), listed["cursor"], listed["mightHaveMore"]) == (2, 4, False)


def test_notifications_are_switched_off_and_on(world: World) -> None:
    """They are on where there is an address; the answer is empty."""
    hook = add(world, "http://127.0.0.1:9/ping")
    assert hook.are_notifications_enabled

    hook.disable_notifications()
    assert not world.api().base(BASE).webhook(hook.id).are_notifications_enabled
    answered = world.ask("POST", f"{PATH}/{hook.id}/enableNotifications", json={"enable": True})
    assert (answered.status_code, answered.content) == (200, b"")
    assert world.api().base(BASE).webhook(hook.id).are_notifications_enabled
    wrong = world.refused("POST", f"{PATH}/{hook.id}/enableNotifications", json={"enable": "yes"})
    assert wrong == (422, "INVALID_REQUEST_UNKNOWN")


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {"options": {}},
        {"options": {"filters": {}}},
        {"options": {"filters": {"dataTypes": []}}},
        {"options": {"filters": {"dataTypes": "tableData"}}},
        spec("tableWeather"),
        spec(changeTypes=["rename"]),
        spec(fromSources=["radio"]),
        spec(recordChangeScope=5),
        spec(watchDataInFieldIds=NAME),
        spec(watchDataInFieldIds=[5]),
        spec(watchEverything=True),
        spec(sourceOptions={"formSubmission": {"pageId": "x"}}),
        spec(includes={"includeCellValuesInFieldIds": "some"}),
        spec(includes={"includePreviousCellValues": "yes"}),
        spec(includes={"includeWeather": True}),
        {**spec(), "more": 1},
    ],
)
def test_a_specification_that_says_nothing_is_refused(world: World, wrong: Any) -> None:
    """Whatever is missing, of the wrong type, or unknown."""
    assert world.refused("POST", PATH, json={"specification": wrong}) == (422, "INVALID_REQUEST_UNKNOWN")


@pytest.mark.parametrize(
    "wrong",
    [
        spec(recordChangeScope="tbl" + "0" * 14),
        spec(recordChangeScope="Tasks"),
        spec(watchDataInFieldIds=[NAME, "fld" + "0" * 14]),
        spec("tableFields", watchSchemasOfFieldIds=["Name"]),
        spec(includes={"includeCellValuesInFieldIds": ["fld" + "0" * 14]}),
    ],
)
def test_a_specification_of_what_is_not_there_is_refused(world: World, wrong: Any) -> None:
    """Tables, views and fields are told by their ids, and must be in the base."""
    assert world.refused("POST", PATH, json={"specification": wrong}) == (422, "INVALID_FILTERS")


@pytest.mark.parametrize("url", [5, "", "ping", "ftp://127.0.0.1/", "http://", "http://a:b/", "http://" + "a" * 3000])
def test_an_address_that_is_none_is_refused(world: World, url: Any) -> None:
    """Only addresses of the web can be notified."""
    body = {"specification": spec(), "notificationUrl": url}
    assert world.refused("POST", PATH, json=body) == (422, "INVALID_REQUEST_UNKNOWN")


def test_every_part_of_a_specification_is_kept(world: World) -> None:
    """As it was said, also what speaks of forms, which are not here."""
    whole = spec(
        *("tableData", "tableFields", "tableMetadata"),
        recordChangeScope=TASKS,
        changeTypes=["add", "remove"],
        fromSources=["publicApi", "formSubmission"],
        sourceOptions={"formSubmission": {"viewId": "viw" + "0" * 14}, "formPageSubmission": {"pageId": "pag1"}},
        watchDataInFieldIds=[NAME],
        watchSchemasOfFieldIds=[NAME, COUNT],
        includes={"includeCellValuesInFieldIds": "all", "includePreviousCellValues": True},
    )
    hook = add(world, specification=whole)

    assert world.ask("GET", PATH).json()["webhooks"][0]["specification"] == whole
    assert hook.specification.options.filters.record_change_scope == TASKS


@pytest.mark.parametrize(
    ("data_type", "scope"),
    [
        ("tableData", "webhook:manage"),
        ("tableData", "data.records:read"),
        ("tableFields", "schema.bases:read"),
        ("tableMetadata", "schema.bases:read"),
    ],
)
def test_webhooks_need_scopes_for_what_they_tell(world: World, data_type: str, scope: str) -> None:
    """To make them and to read their payloads; all else needs only the scope for webhooks."""
    hook, token = add(world, specification=spec(data_type)), world.token(ALICE, without=scope)

    refused = (403, "INVALID_PERMISSIONS")
    assert world.refused("POST", PATH, token=token, json={"specification": spec(data_type)}) == refused
    assert world.refused("GET", f"{PATH}/{hook.id}/payloads", token=token) == refused
    assert world.ask("GET", PATH, token=token).ok == (scope != "webhook:manage")
    assert world.ask("POST", f"{PATH}/{hook.id}/refresh", token=token).ok == (scope != "webhook:manage")


def test_webhooks_and_payloads_outlive_a_restart(tmp_path: Path) -> None:
    """The same webhook goes on where it was."""
    with running(tmp_path / "data") as world:
        hook = add(world)
        world.tasks.create({"Name": "before"})
    with running(tmp_path / "data") as world:
        world.tasks.create({"Name": "after"})
        again = world.api().base(BASE).webhook(hook.id)
        told = [payload.changed_tables_by_id[TASKS].created_records_by_id for payload in again.payloads()]

    assert [[each.cell_values_by_field_id for each in records.values()] for records in told] == [
        [{NAME: "before"}], [{NAME: "after"}]
    ]  # fmt: skip
