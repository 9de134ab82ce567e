"""One run of Tilt as the API knows it: its identity, its session, and the resource ``(Tiltfile)``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from pytest_syncguard.testing.tilt import documents
from pytest_syncguard.testing.tilt.documents import BuildRecord, Json, Status

if TYPE_CHECKING:
    from pytest_syncguard.testing.tilt.engine import ScriptedEngine

TILTFILE = "(Tiltfile)"


def _uid() -> str:
    return str(uuid4())


@dataclass(slots=True)
class Session:
    """What names this run of Tilt, and makes the documents of its objects. Times are RFC 3339."""

    started: str
    pid: int
    path: str  # of the Tiltfile
    uid: str = field(default_factory=_uid)
    owner: str = field(default_factory=_uid)

    def document(self, version: int) -> Json:
        meta = self.metadata("Tiltfile", self.uid, version, resource=TILTFILE)
        return documents.session(meta, pid=self.pid, started=self.started, tiltfile=self.path)

    def metadata(self, name: str, uid: str, version: int, resource: str = "") -> Json:
        created = self.started[:19] + "Z"
        return documents.metadata(name, uid=uid, owner=self.owner, created=created, version=version, resource=resource)


class Tiltfile:
    """Loads the Tiltfile, as often as wanted, and tells of it in log and status."""

    def __init__(self, engine: ScriptedEngine, session: Session) -> None:
        self._engine = engine
        self._session = session
        self._status = Status(runtime="not_applicable")
        self._loads = 0
        self._version = 0

    def load(self, reason: str, error: str) -> None:
        """One load; an empty error means that it went well."""
        self._loads += 1
        span = f"tiltfile:{TILTFILE}:{self._loads}"
        now = self._engine.stamp()
        self._engine.write(span, TILTFILE, f"{reason}\n".encode(), init=True)
        self._engine.write(span, TILTFILE, f"Loading Tiltfile at: {self._session.path}\n".encode())
        end = error or "Successfully loaded Tiltfile (1ms)"
        self._engine.write(span, TILTFILE, f"{end}\n".encode(), error=bool(error))
        self._status.history = [BuildRecord(span, now, now, error)]
        self._status.update = "error" if error else "ok"
        self._status.deployed = now
        self._version = self._engine.next_version()

    def document(self) -> Json:
        meta = self._session.metadata(TILTFILE, self._session.owner, self._version)
        return documents.ui_resource(meta, self._status, self._status.deployed)
