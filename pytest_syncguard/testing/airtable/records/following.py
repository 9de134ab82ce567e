"""What follows from changes to records: comments go with them, attachments that came with them are known."""

from __future__ import annotations

from pytest_syncguard.testing.airtable.changes import Change
from pytest_syncguard.testing.airtable.store.records import Row
from pytest_syncguard.testing.airtable.store.store import Store

ATTACHMENTS = "multipleAttachments"


def follow(store: Store, change: Change) -> None:
    """Within the transaction of the change."""
    store.comments.forget(change.destroyed)
    if change.created or change.changed:
        _know_attachments(store, change)


def _know_attachments(store: Store, change: Change) -> None:
    """Those that came into cells by their addresses may be named by their ids from now on."""
    for field in store.bases.get(change.base).table(change.table).fields:
        if field.type != ATTACHMENTS:
            continue
        rows: list[Row] = [row for row, _ in change.created]
        touched = [record for record, _, after in change.changed if after.get(field.id)]
        for row in (*rows, *store.records.get(change.table, touched).values()):
            store.attachments.know(row.cells.get(field.id) or ())
