"""The SQLite file, or the memory, that a local Airtable keeps everything in."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable.errors import AirtableError

VERSION = 2  # of the tables below; a file of another one is refused
SCHEMA = """
CREATE TABLE bases (id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE loaded (id TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE users (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, email TEXT NOT NULL, name TEXT NOT NULL
);
CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, tbl TEXT NOT NULL, number INTEGER NOT NULL,
    created TEXT NOT NULL, creator TEXT NOT NULL, cells TEXT NOT NULL, edits TEXT NOT NULL
);
CREATE INDEX records_in_order ON records (tbl, seq);
CREATE TABLE numbers (tbl TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE links (
    link TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL, a_place INTEGER NOT NULL, b_place INTEGER NOT NULL,
    PRIMARY KEY (link, a, b)
) WITHOUT ROWID;
CREATE UNIQUE INDEX links_back ON links (link, b, a);
CREATE TABLE attachments (
    base TEXT NOT NULL, id TEXT NOT NULL, entry TEXT NOT NULL, content BLOB, PRIMARY KEY (id, base)
);
CREATE TABLE attached (
    record TEXT NOT NULL, field TEXT NOT NULL, base TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (record, field, id)
) WITHOUT ROWID;
CREATE INDEX attached_by_id ON attached (id, base);
CREATE TABLE comments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL, document TEXT NOT NULL
);
CREATE INDEX comments_of_record ON comments (record, seq);
CREATE TABLE webhooks (id TEXT PRIMARY KEY, base TEXT NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE payloads (
    webhook TEXT NOT NULL, number INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (webhook, number)
) WITHOUT ROWID;
"""
CACHE_KIB = 16_000  # of pages in memory; a table of 100,000 records is some 30 MB on disk


class Database:
    """One connection, used by one thread at a time.

    What was committed is there after the process was killed; a power failure may cost the last moments.
    """

    def __init__(self, path: Path | None = None) -> None:
        try:
            self.db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self.db.close).atexit = False  # for those who never call `close`
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            self.db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._prepare()
            self.undone: list[Callable[[], None]] = []  # called when a transaction came to nothing
        except sqlite3.DatabaseError as error:
            cure = "name a file of a local Airtable, or one that does not exist yet"
            raise SyncguardError(f"cannot use {path} as the data of an Airtable: {error}: {cure}") from None

    def _prepare(self) -> None:
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        blank = not self.db.execute("SELECT 1 FROM sqlite_master").fetchall()
        if version == 0 and blank:
            self.db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        elif not self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'bases'").fetchall():
            raise sqlite3.DatabaseError("it is another program's database")
        elif version != VERSION:
            said = f"it was written by another version of pytest-syncguard (format {version}, required {VERSION})"
            raise sqlite3.DatabaseError(said)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; within another one it is part of that. Raises INSUFFICIENT_STORAGE (507)."""
        within = self.db.in_transaction
        if within:
            yield
            return
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException as error:
            if self.db.in_transaction:  # of some faults SQLite has rolled back by itself
                self.db.execute("ROLLBACK")
            for forget in self.undone:
                forget()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                said = f"The data of this Airtable could not be written, and nothing was changed: {error}"
                raise AirtableError(507, "INSUFFICIENT_STORAGE", said) from error
            raise

    def close(self) -> None:
        self.db.close()
