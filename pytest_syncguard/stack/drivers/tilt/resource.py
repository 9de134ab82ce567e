"""A Tilt resource as ``tilt get uiresource -o json`` tells it, reduced to what decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pytest_syncguard.settings.faults import did_you_mean, listed
from pytest_syncguard.settings.model import Stage, TiltSettings
from pytest_syncguard.stack.drivers.base import DriverUnavailable
from pytest_syncguard.stack.drivers.tilt.compose import Service, services

TILTFILE = "(Tiltfile)"  # the resource by which Tilt tells of the Tiltfile itself


@dataclass(frozen=True, slots=True)
class Build:
    """One build in Tilt's history; ``span`` is unique within one Tilt session only."""

    span: str
    start: str
    error: str = ""
    finish: str = ""

    @property
    def started(self) -> float:
        """When it began, in seconds since the epoch by Tilt's clock; 0 where Tilt does not tell."""
        return _seconds(self.start)

    @property
    def finished(self) -> float:
        """When it ended, likewise."""
        return _seconds(self.finish)

    @property
    def since(self) -> str:
        """When it began, as the clock on the wall shows it; empty where Tilt does not tell."""
        return time_of_day(self.start)

    @property
    def number(self) -> int:
        """The session-wide build counter behind the span, 0 where there is none."""
        _, _, digits = self.span.rpartition(":")
        return int(digits) if digits.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Resource:
    """How one resource stands: its builds and the process, container or pod that serves it."""

    name: str
    update: str = "none"
    runtime: str = "none"
    queued: bool = False
    current: Build | None = None
    history: tuple[Build, ...] = ()
    serving: str = ""  # pid of a served process; name, creation and restarts of a pod; "" for docker_compose
    compose: Service | None = None  # such a service; nothing is known of it before `with_services`
    enabled: bool = True
    waiting: str = ""
    waits_for: tuple[str, ...] = ()  # the resources that it waits for
    version: int = 0  # grows with each change
    order: int = 0  # where it stands in the Tiltfile
    local: bool = False  # Tilt itself runs its process
    span: str = ""  # of that process in the log, where its command was asked

    @property
    def latest(self) -> Build | None:
        """The newest build that has ended."""
        return self.history[0] if self.history else None

    @property
    def newest(self) -> int:
        """The highest build number known, running ones included."""
        return max((build.number for build in (*self.history, self.current) if build), default=0)

    @property
    def runs(self) -> str:
        """Who serves: a process, a pod, or a container with its start; empty where Tilt does not tell."""
        return self.compose.running if self.compose else self.serving

    @property
    def resting(self) -> bool:
        """No build runs and none is queued."""
        return self.current is None and not self.queued and self.update not in ("pending", "in_progress")


def refusal(stage: Stage, resources: Mapping[str, Resource], tilt: TiltSettings) -> tuple[str, str]:
    """Why this Tilt would not build this stage, and the cure; two empty texts when it would."""
    resource = resources.get(stage.resource)
    if resource is None:
        known = [name for name in resources if name != TILTFILE]
        hint = did_you_mean(stage.resource, known)
        return (
            f'Tilt has no resource "{stage.resource}" (it has: {listed(sorted(known))})',
            f'{hint + " " if hint else ""}set resource of stage "{stage.name}"',
        )
    if not resource.enabled:
        return f'resource "{stage.resource}" is disabled in Tilt', f"run {tilt.command('enable', stage.resource)}"
    return "", ""


def misfit(stage: Stage, resource: Resource) -> tuple[str, str]:
    """Where ``one_shot`` is not as the resource is, what was found and the cure; two empty texts where it fits.

    A pod or container may well run to its end, so that of these one that is up proves nothing.
    """
    if not resource.enabled:
        return "", ""  # what it still says of itself is of another time
    if resource.runtime == "not_applicable" and not stage.one_shot:
        return (
            f'nothing of resource "{resource.name}" stays up (no serve_cmd)',
            f'set one_shot = true of stage "{stage.name}"',
        )
    if resource.serving.isdigit() and stage.one_shot:
        served = (
            f'resource "{resource.name}" serves a process (pid {resource.serving}), which one_shot leaves unwatched'
        )
        return served, f'remove one_shot from stage "{stage.name}"'
    return "", ""


def parse(document: Mapping[str, Any]) -> Resource:
    """Read one UIResource document; missing parts get Tilt's own defaults.

    Raises `DriverUnavailable` for what cannot be one.
    """
    try:
        return _resource(document)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise DriverUnavailable(
            f"the tilt on the PATH does not speak like Tilt ({type(error).__name__}: {error}): put the real one first"
        ) from None


def behind(resource: Resource, resources: Mapping[str, Resource]) -> str:
    """What a queued resource waits for: the build that has to end first, or else Tilt's own words."""
    first = resource if resource.current else _builds(resource.waits_for, resources)
    if first is None or first.current is None:
        return resource.waiting
    since = f", which has run since {first.current.since}" if first.current.since else ""
    return f"behind {first.current.span} of {first.name}{since}; stop that in Tilt if it hangs"


def _builds(names: Iterable[str], resources: Mapping[str, Resource]) -> Resource | None:
    """The first of these that is being built."""
    known = (resources[name] for name in names if name in resources)
    return next((resource for resource in known if resource.current), None)


def time_of_day(moment: str) -> str:
    """A moment that Tilt tells, in UTC, as the clock on the wall shows it; empty where it is none."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%H:%M:%S}"
    except ValueError:
        return ""


def with_services(resources: Mapping[str, Resource], documents: Iterable[Mapping[str, Any]]) -> dict[str, Resource]:
    """The resources, those of docker_compose with what their DockerComposeService documents tell of containers."""
    known = services(documents)
    return {
        name: replace(resource, compose=known.get(name, Service())) if resource.compose else resource
        for name, resource in resources.items()
    }


def _resource(document: Mapping[str, Any]) -> Resource:
    status = document.get("status") or {}
    running = status.get("currentBuild")
    return Resource(
        name=str(document["metadata"]["name"]),
        update=status.get("updateStatus") or "none",
        runtime=status.get("runtimeStatus") or "none",
        queued=bool(status.get("queued")),
        current=_build(running) if running and running.get("spanID") else None,
        history=tuple(_build(build) for build in status.get("buildHistory") or ()),
        serving=_serving(status),
        compose=Service() if _is(status, "docker-compose") else None,
        enabled=(status.get("disableStatus") or {}).get("state", "Enabled") != "Disabled",
        waiting=_waiting(status.get("waiting") or {}),
        waits_for=tuple(str(ref.get("name", "")) for ref in (status.get("waiting") or {}).get("on") or ()),
        version=int(document["metadata"].get("resourceVersion") or 0),
        order=int(status.get("order") or 0),
        local=_is(status, "local"),
    )


def _build(document: Mapping[str, Any]) -> Build:
    return Build(
        document.get("spanID") or "",
        document.get("startTime") or "",
        document.get("error") or "",
        document.get("finishTime") or "",
    )


def _seconds(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return 0.0


def _serving(status: Mapping[str, Any]) -> str:
    if pid := (status.get("localResourceInfo") or {}).get("pid"):
        return str(pid)
    pod = status.get("k8sResourceInfo") or {}
    facts = (pod.get("podName"), pod.get("podCreationTime"), pod.get("podRestarts"))
    return "@".join(str(fact) for fact in facts if fact)


def _is(status: Mapping[str, Any], kind: str) -> bool:
    return any(spec.get("type") == kind for spec in status.get("specs") or ())


def _waiting(status: Mapping[str, Any]) -> str:
    on = ", ".join(str(ref.get("name", "")) for ref in status.get("on") or ())
    return f"{status.get('reason', 'waiting')}: {on}".strip(": ") if status else ""
