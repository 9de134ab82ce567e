"""What ``syncguard logs`` says beside a log: that it is of an older sync, or that the stage is another since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.ledger import UNFINISHED, Failed, Ledger, LedgerError
from pytest_syncguard.lock import holder
from pytest_syncguard.stack.drivers.said import log_of_driver
from pytest_syncguard.stack.plan import ANOTHER
from pytest_syncguard.verdict import shown_path

if TYPE_CHECKING:
    from pytest_syncguard.settings.model import Settings, Stage
    from pytest_syncguard.stack.drivers.base import Driver

HEAD = 1 << 16  # bytes by which two logs are told apart


def older(settings: Settings, stage: str, newest: Path | None) -> str:
    """Why what is shown is not of the stage's last sync; empty when it is. ``newest``: its newest log, if any."""
    failed = _failed(settings, stage)
    if failed is None or (newest is not None and _is_of(failed, newest)):
        return ""
    under_way = failed.reason == UNFINISHED and holder(settings.state)
    why = f"it is under way in {under_way}" if under_way else failed.reason
    kept = Path(failed.log) if failed.log else None
    see = [f"its failure is told in {shown_path(kept)}"] if kept is not None and kept.exists() else []
    if newest is None:
        shown = "this is what the driver has"
    else:
        shown = "this is the log of an older one"
        see.append(f"what the driver has is told by {log_of_driver(stage)}")
    return "; ".join([f"the last sync of {stage} printed nothing ({why})", shown, *see])


def since(settings: Settings, stage: Stage, driver: Driver) -> str:
    """What became of a stage after its last sync, whose log tells nothing of it; empty while all is as it was."""
    try:
        entry = Ledger(settings.state).synced().get(stage.name)
    except LedgerError:
        return ""
    if entry is None or stage.one_shot:
        return ""
    seen = driver.observe((stage,))[stage.name]
    if seen.unknown or (seen.up and seen.build == entry.build):
        return ""
    why, more = seen.reason or ANOTHER, log_of_driver(stage.name)
    see = "" if more in why else f"; what the driver has is told by {more}"
    return f"this is the log of the last sync of {stage.name}; since then: {why}{see}"


def no_log(settings: Settings, stage: Stage, driver: Driver) -> SyncguardError:
    """Neither we nor the driver have one: because there was no sync, or because the engine does not answer."""
    seen = driver.observe((stage,))[stage.name]
    if seen.unknown:
        return SyncguardError(f"no log of {stage.name}: {seen.reason}")
    if (failed := _failed(settings, stage.name)) is None and not _was_synced(settings, stage.name):
        return SyncguardError(f"no log of {stage.name}: it was never synced here; run syncguard sync {stage.name}")
    if failed is not None and failed.log:
        said = f"its last sync printed nothing ({failed.reason}); its failure is told in {shown_path(failed.log)}"
        return SyncguardError(f"no log of {stage.name}: {said}")
    why = seen.reason or f"the driver {driver.name} keeps none"
    return SyncguardError(f"no log of {stage.name}: {why}; run syncguard sync {stage.name}")


def _is_of(failed: Failed, log: Path) -> bool:
    """Whether a log is that of the failed sync, whose own is kept as a copy that may say more."""
    try:
        if not failed.log:  # nothing of it was kept: only a log that was written since it began can be its own
            return log.stat().st_mtime >= failed.at
        kept = Path(failed.log)
        if not kept.exists() or kept == log:
            return True
        head = _head(log)
        return kept.stat().st_size >= log.stat().st_size and _head(kept)[: len(head)] == head
    except OSError:
        return True


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _failed(settings: Settings, stage: str) -> Failed | None:
    try:
        return Ledger(settings.state).failed().get(stage)
    except LedgerError:  # a log is shown also when nothing is known of it
        return None


def _was_synced(settings: Settings, stage: str) -> bool:
    try:
        return stage in Ledger(settings.state).synced()
    except LedgerError:
        return False
