"""Everything that a local Airtable keeps."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from pytest_syncguard.testing.airtable.store.attachments import Attachments
from pytest_syncguard.testing.airtable.store.bases import Bases
from pytest_syncguard.testing.airtable.store.comments import Comments
from pytest_syncguard.testing.airtable.store.database import Database
from pytest_syncguard.testing.airtable.store.links import Links
from pytest_syncguard.testing.airtable.store.records import Records
from pytest_syncguard.testing.airtable.store.users import Users
from pytest_syncguard.testing.airtable.store.webhooks import Webhooks


class Store:
    """Bases, records, links and all else in one SQLite file at ``path``, or in memory. Used by one thread at a time."""

    def __init__(self, path: Path | None = None) -> None:
        self.database = Database(path)
        self.bases = Bases(self.database)
        self.records = Records(self.database)
        self.links = Links(self.database)
        self.attachments = Attachments(self.database)
        self.comments = Comments(self.database)
        self.users = Users(self.database)
        self.webhooks = Webhooks(self.database)

    def transaction(self) -> AbstractContextManager[None]:
        """All of it or nothing; what was committed outlives a process that is killed."""
        return self.database.transaction()

    def close(self) -> None:
        self.database.close()
