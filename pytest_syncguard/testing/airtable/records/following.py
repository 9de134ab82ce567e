"""What follows from changes to records: comments and uploads go with them, attachments that came are known."""

from __future__ import annotations

from itertools import chain

from pytest_syncguard.testing.airtable.changes import Change
from pytest_syncguard.testing.airtable.store.records import Row
from pytest_syncguard.testing.airtable.store.store import Store

ATTACHMENTS = "multipleAttachments"


def follow(store: Store, change: Change) -> None:
    """Within the transaction of the change."""
    store.comments.forget(change.destroyed)
    dropped = (each.get("destroyedFieldIds", ()) for each in change.schema.get("changedTablesById", {}).values())
    store.attachments.release(change.destroyed, chain.from_iterable(dropped))
    if change.created or change.changed:
        _hold_attachments(store, change)


def _hold_attachments(store: Store, change: Change) -> None:
    for field in store.bases.get(change.base).table(change.table).fields:
        if field.type != ATTACHMENTS:
            continue
        rows: list[Row] = [row for row, _ in change.created if field.id in row.cells]
        touched = [record for record, before, after in change.changed if before.get(field.id) or after.get(field.id)]
        for row in (*rows, *store.records.get(change.table, touched).values()):
            store.attachments.hold(change.base, row.id, field.id, row.cells.get(field.id) or ())
