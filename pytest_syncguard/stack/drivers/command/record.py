"""What is remembered of a stage's last trigger, so that a later run knows whose build it looks at."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.command.leftovers import Leftovers


@dataclass(frozen=True, slots=True)
class Record:
    """One trigger; ``identity`` names what it brought up (a container, an invocation), once that is known.

    ``earlier`` is what an earlier trigger of ours brought up: it still runs when this one has failed.
    ``resource`` and ``cwd`` are the stage's, so that `down` finds what a stage that left the settings left up.
    """

    trigger: str = ""
    identity: str = ""
    resource: str = ""
    cwd: str = "."
    earlier: str = ""

    def brought_up(self, identity: str) -> bool:
        """Whether one of our triggers brought up what has this name."""
        return bool(identity) and identity in (self.identity, self.earlier)

    def build(self, identity: str) -> str:
        """The name of the build: equal only for the same trigger and the same thing that runs."""
        return f"{self.trigger}:{identity}" if self.trigger else ""


class Records:
    """One small file a stage, replaced as a whole, so that a killed run never leaves half a one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, stage: Stage) -> Record:
        """A record for the trigger that comes now; whatever stood there no longer counts."""
        before = self.of(stage.name)
        record = Record(
            trigger=uuid.uuid4().hex[:12],
            resource=stage.resource,
            cwd=stage.cwd,
            earlier=before.identity or before.earlier,
        )
        self.keep(stage.name, record)
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
            resource, cwd = str(found.get("resource", "")), str(found.get("cwd", "."))
            return Record(str(found["trigger"]), str(found["identity"]), resource, cwd, str(found.get("earlier", "")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Record()

    def stages(self) -> list[Stage]:
        """What was triggered, whether the settings still have such a stage or not."""
        names = sorted(unquote(path.stem) for path in self.folder.glob("*.json"))
        known = [(name, self.of(name)) for name in names]
        return [Stage(name, resource=r.resource, cwd=r.cwd) for name, r in known if r.trigger and r.resource]

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
