"""The ledger's file: how it is opened, what it must be, and what becomes of one that is none of ours."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytest_syncguard.errors import SyncguardError

VERSION = 2

SCHEMA = """
CREATE TABLE synced (
    stage TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, build TEXT NOT NULL, driver TEXT NOT NULL,
    serial INTEGER NOT NULL, needs TEXT NOT NULL, at REAL NOT NULL, seconds REAL NOT NULL,
    manifest BLOB NOT NULL
);
CREATE TABLE failed (
    stage TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, reason TEXT NOT NULL, log TEXT NOT NULL,
    at REAL NOT NULL, synced_at REAL NOT NULL
);
CREATE TABLE serial (last INTEGER NOT NULL);
INSERT INTO serial VALUES (0);
"""


class LedgerError(SyncguardError):
    """The ledger cannot be read or written."""


class LedgerFile:
    """Opened for each use: a reader never holds up a writer, nor does a fork share a handle.

    ``patience``: for how many seconds others may keep it locked.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self.path = path
        self._patience = patience
        self._unusable = ""  # why what lies there is no ledger of ours
        self._kept = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the ledger, or was, in one line."""
        if self._kept:
            return (self._kept,)
        counts = "every stage counts as never synced, and the next sync keeps it aside and begins a new one"
        return (f"the ledger {self.path} cannot be used ({self._unusable}): {counts}",) if self._unusable else ()

    def repair(self) -> None:
        """Set aside what was found to be no ledger of ours; only under the lock. Raises `LedgerError`."""
        if self._unusable and not self._kept:
            with self.writing():
                pass

    @property
    def stamp(self) -> tuple[int, ...]:
        """Changes whenever somebody writes the ledger, wherever."""
        try:
            status = self.path.stat()
        except OSError:
            return ()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def read(self, query: str, values: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows that a query finds; none where there is no ledger that can be used."""
        try:
            if not _is_there(self.path):
                return []
            _require_file(self.path)
            with self._open(f"file:{_quoted(self.path)}?mode=rw") as db:
                db.execute("BEGIN")  # from the first look on nobody else writes
                if (version := _version(db)) == VERSION:
                    _require_whole(db, self.path)
                    return db.execute(query, values).fetchall()
                if version == 0 and _is_blank(db):  # begun, and killed or out of space before anything was written
                    return []
                newer = f"version {version}, of another syncguard"
                found = newer if version else "another program's database"
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged schema is quoted, text or not
            if isinstance(error, sqlite3.OperationalError) and not _broken(error):
                raise self._fault(error) from None
            found = str(error)
        except OSError as error:
            raise self._fault(error) from None
        self._unusable = self._unusable or found
        return []

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Within, one transaction. Raises `LedgerError`."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._connect() as db:
                yield db
        except (sqlite3.DatabaseError, OSError) as error:
            raise self._fault(error) from None

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """A writable connection within one transaction; a file that is no ledger of ours is set aside."""
        try:
            usable = not _is_there(self.path) or self._usable()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged schema is quoted, text or not
            if isinstance(error, sqlite3.OperationalError) and not _broken(error):
                raise
            self._unusable = self._unusable or str(error)
            usable = False
        if not usable:
            self._set_aside()
        with self._open(f"file:{_quoted(self.path)}") as db:
            db.execute("BEGIN IMMEDIATE")
            if _version(db) == 0:
                for statement in SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")
            yield db
            db.execute("COMMIT")

    @contextmanager
    def _open(self, uri: str) -> Iterator[sqlite3.Connection]:
        """``mode=rw`` for reading, too: a reader must undo what a killed writer has left half done, and in a
        folder that cannot be written SQLite reads all the same.
        """
        db = sqlite3.connect(uri, uri=True, timeout=self._patience, isolation_level=None)
        db.text_factory = lambda data: data.decode(errors="replace")  # damage is no text: it equals nothing
        try:
            yield db
        finally:
            db.close()  # an open transaction is rolled back

    def _usable(self) -> bool:
        _require_file(self.path)
        with self._open(f"file:{_quoted(self.path)}?mode=rw") as db:
            db.execute("BEGIN")
            version = _version(db)
            if version == 0:
                return _is_blank(db)
            if version != VERSION:
                return False
            _require_whole(db, self.path)
            if not _is_ours(db):
                return False
            last = db.execute("SELECT last FROM serial").fetchone() or (None,)
            return isinstance(last[0], int) and db.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def _set_aside(self) -> None:
        stem, number = f"{self.path.name}.kept-{time.strftime('%Y%m%dT%H%M%S')}", 1
        kept = self.path.with_name(stem)
        while os.path.lexists(kept):
            number += 1
            kept = self.path.with_name(f"{stem}-{number}")
        self.path.rename(kept)
        for suffix in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        why = self._unusable or "it was damaged"
        self._kept = f"the ledger could not be used ({why}): it was kept as {kept}, and a new one was begun"

    def _fault(self, error: Exception) -> LedgerError:
        said = (isinstance(error, OSError) and error.strerror) or error
        cure = "make it and its folder writable, or free space on the disk"
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            said, cure = f"another process has kept it locked for {self._patience:g} s", "end what has it open"
        return LedgerError(f"cannot use the ledger {self.path}: {said}: {cure}")


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _is_blank(db: sqlite3.Connection) -> bool:
    """Whether nothing was ever written there."""
    return not db.execute("SELECT 1 FROM sqlite_master").fetchall()


def _is_ours(db: sqlite3.Connection) -> bool:
    """Whether its tables are word for word those of `SCHEMA`: SQLite takes a damaged name for a name."""
    found = {sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    return found == {sql for part in SCHEMA.split(";") if (sql := part.strip()).startswith("CREATE")}


def _is_there(path: Path) -> bool:
    """Whether anything lies there; raises `OSError` when that cannot be told."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _require_file(path: Path) -> None:
    """A folder, a pipe or a link to nowhere is as good as a damaged file; SQLite would take it for an outage."""
    if not path.is_file():
        raise sqlite3.DatabaseError("it is no file")


def _require_whole(db: sqlite3.Connection, path: Path) -> None:
    """SQLite misses what was cut off from the last page. Nothing is opened here: to close it would end its locks."""
    pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if (there := path.stat().st_size) < pages * size:
        raise sqlite3.DatabaseError(f"it was cut off: {there} of {pages * size} bytes are there")


def _broken(error: sqlite3.OperationalError) -> bool:
    """SQLite tells a damaged schema as an operational error, like a full disk; their codes part them."""
    return "no such" in str(error) or "malformed" in str(error)


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(os.fsencode(path))
