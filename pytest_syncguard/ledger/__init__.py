"""What was synced, when, from which sources, by which build. One SQLite file under ``.syncguard/``.

The ledger only ever says less than the truth: an entry goes before its stage is triggered and comes back once
the stage is synced, so that a run killed at any moment leaves a stage that is planned again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pytest_syncguard.ledger.file import VERSION, LedgerError, LedgerFile

__all__ = ["UNFINISHED", "VERSION", "Failed", "Ledger", "LedgerError", "Synced"]

UNFINISHED = "its last sync did not come to its end"
BUSY_LIMIT = 10.0  # seconds; writers hold the database for milliseconds

LAST_SYNCED = """
SELECT max(at) FROM (SELECT at FROM synced WHERE stage = ? UNION ALL SELECT synced_at FROM failed WHERE stage = ?)
"""


class Synced(NamedTuple):
    """A stage's last success: ``serial`` orders all successes, ``needs`` holds those it was built on."""

    stage: str
    fingerprint: str
    build: str
    driver: str
    serial: int = 0
    needs: Mapping[str, int] = {}
    at: float = 0.0
    seconds: float = 0.0


class Failed(NamedTuple):
    """A stage's last failure, kept until its next success; ``synced_at``: when it last was in sync (0: never)."""

    stage: str
    fingerprint: str
    reason: str
    log: str = ""
    at: float = 0.0
    synced_at: float = 0.0


class Ledger:
    """The last success and the last failure of each stage, in a file within ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite3"
        self._file = LedgerFile(self.path, BUSY_LIMIT)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the ledger, or was, in one line."""
        return self._file.warnings

    def repair(self) -> None:
        """Set aside what was found to be no ledger of ours; only under the lock. Raises `LedgerError`."""
        self._file.repair()

    @property
    def stamp(self) -> tuple[int, ...]:
        """Changes whenever somebody writes the ledger, wherever."""
        return self._file.stamp

    def synced(self) -> dict[str, Synced]:
        """The last success of each stage; empty when there is no ledger yet."""
        rows = self._file.read("SELECT stage, fingerprint, build, driver, serial, needs, at, seconds FROM synced")
        return {
            stage: Synced(stage, fingerprint, build, driver, serial, known, at, seconds)
            for stage, fingerprint, build, driver, serial, needs, at, seconds in rows
            if _undamaged(stage, fingerprint, build, driver, needs, numbers=(serial, at, seconds))
            and (known := _serials(needs)) is not None
        }

    def manifest(self, stage: str) -> bytes:
        """Which files the stage's last success was built from, as its fingerprint packed them."""
        rows = self._file.read("SELECT manifest FROM synced WHERE stage = ?", (stage,))
        return bytes(rows[0][0]) if rows else b""

    def failed(self) -> dict[str, Failed]:
        """The last failure of each stage that has not succeeded since."""
        rows = self._file.read("SELECT stage, fingerprint, reason, log, at, synced_at FROM failed")
        return {row[0]: Failed(*row) for row in rows if _undamaged(*row[:4], numbers=row[4:])}

    def begin(self, stage: str, fingerprint: str) -> None:
        """The stage is about to be rebuilt: what was known of it no longer holds, whatever comes."""
        self.fail(Failed(stage, fingerprint, UNFINISHED))

    def record(self, entry: Synced, manifest: bytes = b"") -> int:
        """The stage is synced; returns its new serial."""
        with self._file.writing() as db:
            db.execute("UPDATE serial SET last = last + 1")
            serial: int = db.execute("SELECT last FROM serial").fetchone()[0]
            db.execute("DELETE FROM failed WHERE stage = ?", (entry.stage,))
            db.execute(
                "INSERT OR REPLACE INTO synced VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(entry.stage, entry.fingerprint, entry.build, entry.driver, serial),
                    *(json.dumps(dict(entry.needs)), entry.at or time.time(), entry.seconds, manifest),
                ),
            )
        return serial

    def fail(self, entry: Failed) -> None:
        """The stage could not be synced; when it last was, stays known."""
        with self._file.writing() as db:
            stage = entry.stage
            last = db.execute(LAST_SYNCED, (stage, stage)).fetchone()[0] or 0.0
            db.execute("DELETE FROM synced WHERE stage = ?", (stage,))
            db.execute(
                "INSERT OR REPLACE INTO failed VALUES (?, ?, ?, ?, ?, ?)",
                (stage, entry.fingerprint, _text(entry.reason), _text(entry.log), entry.at or time.time(), last),
            )


def _text(text: str) -> str:
    """What SQLite takes for text: the name of a folder need be none."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _undamaged(*texts: object, numbers: Iterable[object]) -> bool:
    """Whether a row holds what was written: SQLite hands out damage as NULL or as whatever it looks like."""
    return all(isinstance(text, str) for text in texts) and all(isinstance(number, int | float) for number in numbers)


def _serials(text: object) -> dict[str, int] | None:
    """What `Synced.needs` was written as; None for what is damaged."""
    try:
        needs = json.loads(str(text))
    except ValueError:
        return None
    return needs if isinstance(needs, dict) else None
