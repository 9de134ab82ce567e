"""What is remembered of a stage's last trigger, so that a later run knows whose build it looks at."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from pytest_syncguard.stack.drivers.command.leftovers import Leftovers
from pytest_syncguard.verdict import SyncguardError


@dataclass(frozen=True, slots=True)
class Record:
    """One trigger; ``identity`` names what it brought up (a container, an invocation), once that is known."""

    trigger: str = ""
    identity: str = ""

    def build(self, identity: str) -> str:
        """The name of the build: equal only for the same trigger and the same thing that runs."""
        return f"{self.trigger}:{identity}" if self.trigger else ""


class Records:
    """One small file a stage, replaced as a whole, so that a killed run never leaves half a one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, stage: str) -> Record:
        """A record for the trigger that comes now; whatever stood there no longer counts."""
        record = Record(trigger=uuid.uuid4().hex[:12])
        self.keep(stage, record)
        return record

    def keep(self, stage: str, record: Record) -> None:
        path = self._path(stage)
        draft = path.with_suffix(f".{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(asdict(record)))
            draft.replace(path)
        except OSError as error:
            raise SyncguardError(
                f"{path} cannot be written ({error.strerror}): make the folder writable and the disk not full"
            ) from error

    def of(self, stage: str) -> Record:
        """The last trigger's record; an empty one when there is none or it cannot be read."""
        try:
            found = json.loads(self._path(stage).read_text())
            return Record(str(found["trigger"]), str(found["identity"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Record()

    def forget(self, stage: str) -> None:
        self._path(stage).unlink(missing_ok=True)

    def log(self, stage: str) -> Path:
        """Where the output of the stage's trigger goes."""
        return self._path(stage).with_suffix(".log")

    def leftovers(self, stage: str) -> Leftovers:
        """The commands that a killed run may have left."""
        return Leftovers(self._path(stage).with_suffix(".pids"))

    def _path(self, stage: str) -> Path:
        return self.folder / f"{quote(stage, safe='')}.json"
