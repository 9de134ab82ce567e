"""What ``syncguard doctor`` looks at in a Tilt set-up."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence

from pytest_syncguard.settings.model import Settings, Stage, TiltSettings
from pytest_syncguard.stack.drivers.base import Check, DriverUnavailable
from pytest_syncguard.stack.drivers.tilt.client import TiltClient
from pytest_syncguard.stack.drivers.tilt.resource import TILTFILE, Resource, misfit, refusal
from pytest_syncguard.stack.drivers.tilt.session import LOOPBACK, ForeignTilt, NoTilt, PortTaken, TiltStarting
from pytest_syncguard.verdict import shown_path

PLACE = re.compile(r"\s*(\S.*?):(\d+:\d+): ")  # as Starlark tells it: file, line and column


def check_tilt(settings: Settings, client: TiltClient, stages: Sequence[Stage]) -> list[Check]:
    """Tilt on the PATH, Tilt answering, its Tiltfile loaded, every resource there and enabled."""
    tilt = settings.stack.tilt
    address = tilt.address
    found = shutil.which("tilt")
    if not found:
        return [Check("tilt on the PATH", False, "none", "install Tilt: https://docs.tilt.dev")]
    checks = [Check("tilt on the PATH", True, found)]
    try:
        session, resources = client.state()
        if tilt.host in LOOPBACK:
            session.require_ours(settings.root, address)
    except DriverUnavailable as error:
        if tilt.up and isinstance(error, NoTilt):
            return [*checks, Check(f"Tilt at {address}", True, "none runs: a sync starts it (up = true)")]
        return [*checks, Check(f"Tilt at {address}", False, *_said_and_cure(error, tilt))]
    checks.append(Check(f"Tilt at {address}", True, session.tiltfile))
    checks.append(_check_tiltfile(resources.get(TILTFILE), tilt))
    for stage in stages:
        lacks, cure = refusal(stage, resources, tilt)
        if not lacks:
            lacks, cure = misfit(stage, resources[stage.resource])
        checks.append(Check(f"resource {stage.resource}", not lacks, lacks or "enabled", cure))
    return checks


def _check_tiltfile(tiltfile: Resource | None, tilt: TiltSettings) -> Check:
    if tiltfile is None or tiltfile.update != "error":
        return Check("Tiltfile", True, "loaded")
    said = tiltfile.latest.error if tiltfile.latest else ""
    cure = f"correct it there; {tilt.command('logs', TILTFILE)} shows more"
    return Check("Tiltfile", False, f"broken: {in_short(said)}", cure)


def in_short(error: str) -> str:
    """Where a Tiltfile is broken, and what Tilt says of it, in one line: of a traceback the innermost place."""
    lines = error.strip().splitlines()
    if not lines:
        return "see tilt logs"
    places = [(shown_path(place[1]), place[2], line[place.end() :]) for line in lines if (place := PLACE.match(line))]
    if not places:
        return lines[-1].strip()
    path, where, said = places[-1]
    return f"{path}:{where}: {said if len(lines) == 1 else lines[-1].strip()}"


def _said_and_cure(error: DriverUnavailable, tilt: TiltSettings) -> tuple[str, str]:
    """What was found, and what to do about it: a tilt that is none needs another cure than one that is not up."""
    said = str(error)
    if isinstance(error, PortTaken):
        return said, "end what listens there, or run tilt up on another port and set it as [stack.tilt] port"
    if isinstance(error, NoTilt):
        return said, f"run {tilt.command('up')} in the folder of the Tiltfile"
    if isinstance(error, ForeignTilt | TiltStarting):
        found, _, cure = said.rpartition(": ")
        return found, cure
    return said, "make it answer, then run syncguard doctor again"
