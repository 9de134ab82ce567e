"""The documents that ``tilt get … -o json`` shows: UIResource and Session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_API = "tilt.dev/v1alpha1"


@dataclass(slots=True)
class BuildRecord:
    """One build as the status tells of it. Times are RFC 3339."""

    span: str
    started: str
    finished: str = ""
    error: str = ""

    def to_dict(self) -> Json:
        document: Json = {"error": self.error} if self.error else {}
        if self.finished:
            document["finishTime"] = self.finished
        return {**document, "spanID": self.span, "startTime": self.started}


@dataclass(slots=True)
class Status:
    """All of a resource's state that its document shows."""

    update: str = "none"
    runtime: str = "none"
    disabled: bool = False
    queued: bool = False
    pending_since: str = ""
    deployed: str = ""
    current: BuildRecord | None = None
    history: list[BuildRecord] = field(default_factory=list)
    pid: int = 0
    order: int = 1
    trigger_mode: int = 0
    waiting: Json | None = None


def up_to_date(status: Status) -> str:
    """Why the UpToDate condition does not hold; empty when it does."""
    if status.update in {"ok", "not_applicable"}:
        return ""
    if status.disabled:
        return "Disabled"
    return {"error": "UpdateError", "pending": "UpdatePending"}.get(status.update, "Unknown")


def ready(status: Status) -> str:
    """Why the Ready condition does not hold; empty when it does."""
    if status.runtime == "ok" or (status.runtime == "not_applicable" and status.update == "ok"):
        return ""
    if status.disabled:
        return "Disabled"
    if status.runtime == "error":
        return "RuntimeError"
    if status.update == "ok" and status.runtime == "pending":
        return "RuntimePending"
    return {"error": "UpdateError", "pending": "UpdatePending"}.get(status.update, "Unknown")


def metadata(name: str, *, uid: str, owner: str, created: str, version: int, resource: str = "") -> Json:
    """An object's metadata. The ``owner`` is the uid of the Tiltfile object."""
    reference = {
        "apiVersion": _API,
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": "Tiltfile",
        "name": "(Tiltfile)",
        "uid": owner,
    }
    return {
        "annotations": {"tilt.dev/resource": resource or name},
        "creationTimestamp": created,
        "name": name,
        "ownerReferences": [reference],
        "resourceVersion": str(version),
        "uid": uid,
    }


def ui_resource(meta: Json, status: Status, changed: str) -> Json:
    """A UIResource. ``changed``: since when the conditions are what they are, RFC 3339."""
    name = meta["name"]
    document: Json = {}
    if status.history:
        document["buildHistory"] = [build.to_dict() for build in status.history[:2]]
    document["conditions"] = [
        _condition("UpToDate", up_to_date(status), changed),
        _condition("Ready", ready(status), changed),
    ]
    if status.current is not None:
        document["currentBuild"] = status.current.to_dict()
    document["disableStatus"] = _disable_status(name, disabled=status.disabled)
    if status.pending_since:
        document["hasPendingChanges"] = True
    document["lastDeployTime"] = status.deployed or None
    if name != "(Tiltfile)":
        document["localResourceInfo"] = {"pid": status.pid} if status.pid else {}
    document["order"] = status.order
    document["pendingBuildSince"] = status.pending_since or None
    if status.queued:
        document["queued"] = True
    document["runtimeStatus"] = status.runtime
    if name != "(Tiltfile)":
        document["specs"] = [{"id": f"local:{name}", "type": "local"}]
    if status.trigger_mode:
        document["triggerMode"] = status.trigger_mode
    document["updateStatus"] = status.update
    if status.waiting:
        document["waiting"] = status.waiting
    return {"apiVersion": _API, "kind": "UIResource", "metadata": meta, "spec": {}, "status": document}


def session(meta: Json, *, pid: int, started: str, tiltfile: str) -> Json:
    """The Session of one run of Tilt. The states of its targets are left out."""
    return {
        "apiVersion": _API,
        "kind": "Session",
        "metadata": meta,
        "spec": {
            "ci": {"readinessTimeout": "5m0s", "timeout": "30m0s"},
            "exitCondition": "manual",
            "tiltfilePath": tiltfile,
        },
        "status": {"done": False, "pid": pid, "startTime": started, "targets": []},
    }


def command(meta: Json, span: str, pid: int, started: str, *, up: bool) -> Json:
    """The Cmd that is a served process."""
    name = meta["annotations"]["tilt.dev/resource"]
    notes = {"tilt.dev/log-span-id": span, "tilt.dev/owner-kind": "CmdServer", "tilt.dev/owner-name": name}
    process = {"pid": pid, "startedAt": started}
    return {
        "apiVersion": _API,
        "kind": "Cmd",
        "metadata": {**meta, "annotations": {**notes, **meta["annotations"]}},
        "spec": {},
        "status": {"ready": up, **({"running": process} if up else {"terminated": {"exitCode": 1, **process}})},
    }


def as_list(items: list[Json]) -> Json:
    """What ``get`` shows when no name is given."""
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def waiting_on(names: list[str], reason: str) -> Json:
    """Why a queued build does not begin."""
    on = [{"apiVersion": "v1alpha1", "group": "tilt.dev", "kind": "UIResource", "name": name} for name in names]
    return {"on": on, "reason": reason}


def _condition(kind: str, reason: str, changed: str) -> Json:
    why = {"reason": reason} if reason else {}
    return {"lastTransitionTime": changed, **why, "status": "False" if reason else "True", "type": kind}


def _disable_status(name: str, *, disabled: bool) -> Json:
    tiltfile = name == "(Tiltfile)"
    sources = None if tiltfile else [{"configMap": {"key": "isDisabled", "name": f"{name}-disable"}}]
    return {
        "disabledCount": int(disabled and not tiltfile),
        "enabledCount": int(not disabled and not tiltfile),
        "sources": sources,
        "state": "Disabled" if disabled else "Enabled",
    }
