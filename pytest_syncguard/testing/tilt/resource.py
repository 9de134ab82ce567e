"""The state of one resource, and what its status says of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_syncguard.testing.tilt.documents import BuildRecord, Json, Status
from pytest_syncguard.testing.tilt.scenario import Resource

# Tilt's triggerMode, by (auto, auto_init).
_TRIGGER_MODES = {(True, True): 0, (False, True): 1, (False, False): 2, (True, False): 3}


@dataclass(slots=True)
class ResourceState:
    """What the engine knows of a resource. Contents are digests of the sources (`content_of`)."""

    resource: Resource
    order: int
    uid: str
    disabled: bool = False
    reason: str = ""  # why a build is wanted; empty: none is
    queued: bool = False  # … and that somebody asked for it by `trigger`
    pending_since: str = ""
    current: BuildRecord | None = None
    history: list[BuildRecord] = field(default_factory=list)
    deployed: str = ""
    waiting: Json | None = None
    ever_built: bool = False
    ever_ready: bool = False
    built_content: str | None = None  # of the last build that passed
    runtime: str = ""  # of the process: pending, ok, error
    pid: int = 0  # of the process, and …
    told_pid: int = 0  # … what the status says of it
    span: str = ""  # of its lines
    started: str = ""
    unnoticed: bool = False  # the status does not know that it is up
    serving_content: str | None = None
    passed: int = 0  # builds that passed, and …
    served: int = 0  # … which of them the process came from
    process: int = 0  # rises when the process ends: what it had yet to do is void
    version: int = 0
    changed: str = ""
    conditions: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def update_status(self) -> str:
        if self.disabled:
            return "none"
        if self.current is not None:
            return "in_progress" if self.resource.builds else "pending"
        if self.reason:
            return "pending"
        if not self.history:
            return "none"
        if self.history[0].error:
            return "error"
        return "ok" if self.resource.builds else "not_applicable"

    @property
    def runtime_status(self) -> str:
        if self.disabled:
            return "none"
        if not self.resource.serve:
            return "not_applicable"
        if self.runtime in {"ok", "error"} and not self.unnoticed:
            return self.runtime
        update = self.update_status
        if update in {"none", "pending", "in_progress"}:
            return "none" if update == "none" else "pending"
        return ("pending" if self.unnoticed else self.runtime) or "unknown"

    @property
    def serve_due(self) -> bool:
        """A build passed that the process is not of, and nothing more is to be built before."""
        return (
            bool(self.resource.serve) and self.passed != self.served and self.update_status in {"ok", "not_applicable"}
        )

    @property
    def serve_awaited(self) -> bool:
        """A process is to be started, or is being started."""
        return self.serve_due or self.runtime == "pending"

    @property
    def running_content(self) -> str | None:
        """What that which runs now was made of; for a one-shot, what its last good build was made of."""
        if not self.resource.serve:
            return self.built_content
        return self.serving_content if self.runtime == "ok" else None

    def end_process(self) -> None:
        """The process is gone, whatever it had yet to do."""
        self.process += 1
        self.unnoticed = False
        self.serving_content = None

    def status(self) -> Status:
        """The status as documents show it."""
        resource = self.resource
        return Status(
            update=self.update_status,
            runtime=self.runtime_status,
            disabled=self.disabled,
            queued=self.queued,
            pending_since=self.pending_since,
            deployed=self.deployed,
            current=self.current,
            history=self.history,
            pid=self.told_pid,
            order=self.order,
            trigger_mode=_TRIGGER_MODES[resource.auto, resource.auto_init],
            waiting=self.waiting,
        )
