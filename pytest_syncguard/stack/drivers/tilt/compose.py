"""A service of docker_compose as ``tilt get dockercomposeservice -o json`` tells it: who really runs.

The UIResource of such a service says nothing of its container, so that one which was restarted or recreated by
hand would pass for the one that was built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What `docker compose up`, which Tilt runs within the build, prints when it brings a container up.
CONTAINER_START = re.compile(r"Container (\S+)\s+(?:Starting|Started)\b")


@dataclass(frozen=True, slots=True)
class Service:
    """A service and its container, as far as Tilt tells; all is empty where it does not."""

    name: str = ""  # in the compose file: the resource may have another
    project: str = ""
    container: str = ""  # the container's name
    running: str = ""  # its id and when it was started: another after each restart

    def starts(self, message: str) -> bool:
        """Whether a line says that this service's container is being started. Of one that Tilt knows nothing of
        no older container can be speaking, so that any start is its own.
        """
        return any(not self.container or self._owns(found) for found in CONTAINER_START.findall(message))

    def _owns(self, container: str) -> bool:
        project = re.escape(self.project) if self.project else ".+"
        return container == self.container or bool(
            self.name and re.fullmatch(rf"(?:{project}[-_])?{re.escape(self.name)}[-_]\d+", container)
        )


def services(documents: Iterable[Mapping[str, Any]]) -> dict[str, Service]:
    """The service behind each resource, by the resource's name."""
    return {str(document["metadata"]["name"]): _service(document) for document in documents}


def _service(document: Mapping[str, Any]) -> Service:
    spec, status = document.get("spec") or {}, document.get("status") or {}
    identity, started = status.get("containerID") or "", (status.get("containerState") or {}).get("startedAt") or ""
    return Service(
        name=str(spec.get("service") or ""),
        project=str((spec.get("project") or {}).get("name") or ""),
        container=str(status.get("containerName") or ""),
        running=f"{identity}@{started}" if identity and started else "",
    )
