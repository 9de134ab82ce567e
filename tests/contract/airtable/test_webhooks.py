"""Webhooks, through pyairtable. Payloads are asked for; whether anybody is notified is not for this suite."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyairtable
import pytest
from pyairtable.models.webhook import Webhook, WebhookPayload

from tests.contract.airtable.endpoint import REAL, Endpoint, field_ids
from tests.contract.airtable.proof import covers

NOTIFIED = "https://example.com/notified"
PATIENCE = 20 if REAL else 0  # seconds until the service tells of a change


@pytest.fixture
def base(endpoint: Endpoint) -> pyairtable.Base:
    return endpoint.base()


@pytest.fixture
def webhook(base: pyairtable.Base, table: pyairtable.Table) -> Iterator[Webhook]:
    """Watches the table's records."""
    filters = {"dataTypes": ["tableData"], "recordChangeScope": table.id}
    spec = {"options": {"filters": filters, "includes": {"includePreviousCellValues": True}}}
    made = base.add_webhook(NOTIFIED, spec)
    webhook = base.webhook(made.id)
    yield webhook
    webhook.delete()


def payloads(webhook: Webhook, number: int) -> list[WebhookPayload]:
    """All payloads, once there are so many."""
    found = list(webhook.payloads())
    for _ in range(PATIENCE):
        if len(found) >= number:
            break
        time.sleep(1)
        found = list(webhook.payloads())
    return found


@covers("Base.add_webhook", "Base.webhooks", "Base.webhook")
def test_a_new_webhook_is_listed(base: pyairtable.Base, table: pyairtable.Table) -> None:
    """It has a secret that is told once, notifies, and expires after seven days; then it is deleted."""
    made = base.add_webhook(NOTIFIED, {"options": {"filters": {"dataTypes": ["tableData"]}}})
    webhook = base.webhook(made.id)

    assert made.id.startswith("ach")
    assert made.mac_secret_base64
    assert made.id in [each.id for each in base.webhooks()]
    assert (webhook.notification_url, webhook.cursor_for_next_payload) == (NOTIFIED, 1)
    assert webhook.are_notifications_enabled
    assert webhook.is_hook_enabled
    assert webhook.expiration_time is not None
    left = webhook.expiration_time - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7, minutes=1)

    webhook.delete()
    assert made.id not in [each.id for each in base.webhooks()]


def test_notifications_are_switched(base: pyairtable.Base, webhook: Webhook) -> None:
    """Off and on again."""
    webhook.disable_notifications()
    assert not base.webhook(webhook.id).are_notifications_enabled

    webhook.enable_notifications()
    assert base.webhook(webhook.id).are_notifications_enabled


def test_the_expiration_is_extended(base: pyairtable.Base, webhook: Webhook) -> None:
    """A refresh makes it seven days from now."""
    before = webhook.expiration_time
    webhook.extend_expiration()
    after = base.webhook(webhook.id).expiration_time

    assert before is not None
    assert after is not None
    assert after >= before


def test_what_was_created_changed_and_destroyed(webhook: Webhook, table: pyairtable.Table) -> None:
    """Each change is a payload, with cells by the ids of their fields, and who did it."""
    count = field_ids(table)["Count"]
    record = table.create({"Count": 1})["id"]
    table.update(record, {"Count": 2})
    table.delete(record)
    first, second, third = (each for each in payloads(webhook, 3))
    created, changed, destroyed = (each.changed_tables_by_id[table.id] for each in (first, second, third))

    assert created.created_records_by_id[record].cell_values_by_field_id == {count: 1}
    told = changed.changed_records_by_id[record]
    assert told.current.cell_values_by_field_id == {count: 2}
    assert told.previous is not None
    assert told.previous.cell_values_by_field_id == {count: 1}
    assert destroyed.destroyed_record_ids == [record]
    assert first.action_metadata is not None
    assert first.action_metadata.source == "publicApi"
    assert first.payload_format == "v0"
    numbers = [each.base_transaction_number for each in (first, second, third)]
    assert numbers == sorted(set(numbers))


def test_payloads_from_a_cursor_on(webhook: Webhook, table: pyairtable.Table) -> None:
    """Payloads are numbered from 1; a cursor leaves out those before it, a limit those behind."""
    for name in "abc":
        table.create({"Name": name})
    known = payloads(webhook, 3)

    assert [each.cursor for each in known] == [1, 2, 3]
    assert [each.cursor for each in webhook.payloads(cursor=2)] == [2, 3]
    assert [each.cursor for each in webhook.payloads(limit=2)] == [1, 2]


def test_what_is_not_watched_is_not_told(webhook: Webhook, endpoint: Endpoint, table: pyairtable.Table) -> None:
    """Only changes within the scope become payloads."""
    endpoint.make({"Name": "singleLineText"}).create({"Name": "elsewhere"})
    record = table.create({"Name": "here"})["id"]
    (only,) = payloads(webhook, 1)

    assert list(only.changed_tables_by_id) == [table.id]
    assert list(only.changed_tables_by_id[table.id].created_records_by_id) == [record]


def test_fields_that_came(base: pyairtable.Base, endpoint: Endpoint) -> None:
    """A webhook for fields tells of a new one, with its name and type."""
    table = endpoint.make({"Name": "singleLineText"})
    filters = {"dataTypes": ["tableFields"], "recordChangeScope": table.id}
    webhook = base.webhook(base.add_webhook(NOTIFIED, {"options": {"filters": filters}}).id)
    field = table.create_field("Stars", "number", options={"precision": 0})
    told: Any = payloads(webhook, 1)[0].changed_tables_by_id[table.id].created_fields_by_id[field.id]
    webhook.delete()

    assert (told.name, told.type) == ("Stars", "number")
