"""The collaborators, whatever base they work in."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.store.database import Database


class Users(MutableMapping[str, User]):
    """By their ids, in the order in which they came; read once and kept."""

    def __init__(self, database: Database) -> None:
        self._db = database.db
        self._users: dict[str, User] = {}
        self._read()
        database.undone.append(self._read)

    def _read(self) -> None:
        rows = self._db.execute("SELECT id, email, name FROM users ORDER BY seq").fetchall()
        self._users = {values[0]: User(*values) for values in rows}

    def __getitem__(self, user: str) -> User:
        return self._users[user]

    def __setitem__(self, user: str, known: User) -> None:
        insert = "INSERT INTO users (id, email, name) VALUES (?, ?, ?)"
        changed = "ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name"
        self._db.execute(f"{insert} {changed}", (user, known.email, known.name))
        self._users[user] = known

    def __delitem__(self, user: str) -> None:
        self._db.execute("DELETE FROM users WHERE id = ?", (user,))
        del self._users[user]

    def __iter__(self) -> Iterator[str]:
        return iter(self._users)

    def __len__(self) -> int:
        return len(self._users)
