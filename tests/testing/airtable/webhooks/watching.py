"""Webhooks as tests make them, and what they tell."""

from __future__ import annotations

from typing import Any

from pyairtable.models.webhook import Webhook, WebhookPayload

from tests.testing.airtable.world import BASE, World

PATH = f"bases/{BASE}/webhooks"
EVERYTHING = ("tableData", "tableFields", "tableMetadata")


def spec(*data_types: str, includes: dict[str, Any] | None = None, **filters: Any) -> dict[str, Any]:
    """A specification that watches these types of data, or records."""
    options: dict[str, Any] = {"filters": {"dataTypes": list(data_types or ("tableData",)), **filters}}
    return {"options": options if includes is None else options | {"includes": includes}}


def add(world: World, url: Any = None, specification: dict[str, Any] | None = None) -> Webhook:
    """A webhook of the base, through pyairtable, with or without an address."""
    base = world.api().base(BASE)
    return base.webhook(base.add_webhook(url, specification or spec()).id)


def told(world: World, hook: Webhook) -> list[dict[str, Any]]:
    """The payloads as they come over the wire, which pyairtable must understand, each of them."""
    listed = world.ask("GET", f"{PATH}/{hook.id}/payloads").json()
    payloads: list[dict[str, Any]] = listed["payloads"]
    assert (listed["cursor"], listed["mightHaveMore"]) == (len(payloads) + 1, False)
    understood = list(hook.payloads())
    assert [payload.cursor for payload in understood] == [number + 1 for number in range(len(payloads))]
    assert [_keys(payload) for payload in understood] == [_heard(payload) for payload in payloads]
    return payloads


def _keys(payload: WebhookPayload) -> dict[str, Any]:
    """What pyairtable has understood of a payload, in its own words."""
    return {
        "number": payload.base_transaction_number,
        "source": payload.action_metadata and payload.action_metadata.source,
        "created": sorted(payload.created_tables_by_id),
        "changed": {
            table: (sorted(part.created_records_by_id), sorted(part.changed_records_by_id), part.destroyed_record_ids)
            for table, part in payload.changed_tables_by_id.items()
        },
        "destroyed": payload.destroyed_table_ids,
        "error": payload.error_code,
    }


def _heard(payload: dict[str, Any]) -> dict[str, Any]:
    """The same of the payload as it came."""
    return {
        "number": payload["baseTransactionNumber"],
        "source": payload["actionMetadata"]["source"],
        "created": sorted(payload.get("createdTablesById", {})),
        "changed": {
            table: (
                sorted(part.get("createdRecordsById", {})),
                sorted(part.get("changedRecordsById", {})),
                part.get("destroyedRecordIds", []),
            )
            for table, part in payload.get("changedTablesById", {}).items()
        },
        "destroyed": payload.get("destroyedTableIds", []),
        "error": payload.get("code"),
    }
