"""Who syncs now."""

from __future__ import annotations

from pathlib import Path


def holder(state: Path) -> str:
    """Who holds the lock in this state folder; empty when nobody does. Never waits."""
    from pytest_syncguard.lock import SyncLock

    if not (state / "lock").exists():
        return ""
    lock = SyncLock(state)
    waiting = lock.acquire()
    try:
        return next(waiting, "")
    finally:
        waiting.close()  # type: ignore[attr-defined]
        lock.release()
