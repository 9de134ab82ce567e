"""A served process as ``tilt get cmd -o json`` tells it: the last word on whether it is up.

Tilt makes such a command and takes note of that in two steps. What it learns of the command in between is lost: one
that was up by then, which happens on a machine with much to do, is "pending" for ever after, with the pid of the
process before it. The command itself knows better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_syncguard.stack.drivers.tilt.resource import Resource

Documents = Iterable[Mapping[str, Any]]


def with_commands(resources: dict[str, Resource], ask: Callable[[], Documents]) -> dict[str, Resource]:
    """The resources, those that wait for their process with what their Cmd documents tell of it. ``ask`` gets these;
    it is called only if there is such a resource.
    """
    waiting = [name for name, resource in resources.items() if _waits(resource)]
    if not waiting:
        return resources
    newest: dict[str, Mapping[str, Any]] = {}
    for document in ask():
        notes = document["metadata"].get("annotations") or {}
        name = str(notes.get("tilt.dev/owner-name") or "")
        if notes.get("tilt.dev/owner-kind") == "CmdServer" and _number(document) >= _number(newest.get(name, {})):
            newest[name] = document
    return {**resources, **{name: _corrected(resources[name], newest[name]) for name in waiting if name in newest}}


def _waits(resource: Resource) -> bool:
    return resource.local and resource.resting and resource.runtime == "pending"


def _corrected(resource: Resource, document: Mapping[str, Any]) -> Resource:
    status = document.get("status") or {}
    running, ended = status.get("running") or {}, status.get("terminated") or {}
    pid = str(running.get("pid") or ended.get("pid") or "")
    if not pid or (running and not status.get("ready")):
        return resource
    return replace(resource, runtime="ok" if running else "error", serving=pid, span=_span(document))


def _span(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata") or {}
    return str((metadata.get("annotations") or {}).get("tilt.dev/log-span-id") or "")


def _number(document: Mapping[str, Any]) -> int:
    """One counter over all processes; 0 where there is none."""
    digits = _span(document).rpartition(":")[2]
    return int(digits) if digits.isdigit() else 0
