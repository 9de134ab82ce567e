"""``syncguard init``: a first syncguard.toml."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_syncguard.cli.call import Call, shared
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.report.escape import plain

if TYPE_CHECKING:
    from pytest_syncguard.settings.model import TiltSettings
    from pytest_syncguard.settings.template import Hints


@click.command("init", short_help="Write a first syncguard.toml, from a running Tilt if there is one.")
@click.option(
    "--force", is_flag=True, help="Write anew where a syncguard.toml is there; that is kept as syncguard.toml.bak."
)
@click.option(
    "--driver",
    type=click.Choice(["tilt", "process", "command"]),
    help="How stages are triggered and watched (default: tilt if a Tilt answers, else process).",
)
@shared
def command(call: Call, force: bool, driver: str | None) -> int:
    """Write a first syncguard.toml: a stage for each resource of the Tilt at TILT_HOST and TILT_PORT.

    Without Tilt, one stage to be filled in. Where there are settings nothing is written without --force; then
    host and port of their [stack.tilt] are asked, unless TILT_HOST and TILT_PORT say others.
    Exit codes: 0 written, 1 not.
    """
    from pytest_syncguard.settings.template import render

    target = call.start / "syncguard.toml"
    _may_write(target, force=force)
    tilt = _tilt_settings(target)
    warnings: list[str] = []
    stages = _stages(tilt, call.start, warnings, required=driver == "tilt") if driver in (None, "tilt") else None
    chosen = driver or ("process" if stages is None else "tilt")
    backup = _write(target, render(chosen, stages or (), tilt=tilt))
    names = [name for name, _ in stages or ()]
    found = f"{len(names)} stages from the Tilt at {tilt.address}" if stages else "one stage to be named"
    if driver is None and stages is None and (call.start / "Tiltfile").exists():
        cure = f"start it with {tilt.command('up')}, then run syncguard init --force"
        warnings.append(f"a Tiltfile is here, but no Tilt answers at {tilt.address}: {cure}")
    document = {"exit_code": 0, "path": str(target), "backup": str(backup or ""), "driver": chosen, "resources": names}
    kept = [f"kept the old settings as {backup.name}"] if backup else []
    following = "next: fill in what is empty, then run syncguard doctor"
    call.answer(
        {**document, "warnings": warnings}, [f"wrote {target.name}: driver {chosen}, {found}", *kept, following]
    )
    for warning in warnings:
        print(f"syncguard: warning: {plain(warning)}", file=sys.stderr, flush=True)
    return 0


def _may_write(target: Path, *, force: bool) -> None:
    from pytest_syncguard.settings.find import find_source

    source = find_source(target.parent)
    if source is not None and source.parent == target.parent and source.name != target.name:
        raise SyncguardError(f"{source.name} holds settings already, in [tool.syncguard]: change them there")
    if os.path.lexists(target) and not force:
        raise SyncguardError(f"{target.name} is there already: edit it, or write a new one with --force")


def _tilt_settings(old: Path) -> TiltSettings:
    """Which Tilt to ask: the environment's, else the one of the settings that are written anew."""
    from pytest_syncguard.settings.checks import with_environment
    from pytest_syncguard.settings.faults import Faults, Place, SettingsError

    faults = Faults("environment")
    tilt = with_environment(Place(faults), _old_tilt(old), os.environ)
    if faults.lines():
        raise SettingsError(faults.lines())
    return tilt


def _old_tilt(old: Path) -> TiltSettings:
    """``[stack.tilt]`` of a file that may be missing or broken: what is not right there counts for nothing."""
    from pytest_syncguard.settings.faults import Faults, Place, SettingsError
    from pytest_syncguard.settings.model import TiltSettings
    from pytest_syncguard.settings.source import read_source
    from pytest_syncguard.settings.tables import TILT

    try:
        stack = read_source(old).get("stack")
    except SettingsError:
        return TiltSettings()
    table = stack.get("tilt") if isinstance(stack, dict) else None
    return Place(Faults(old.name)).read(TILT, table) or TiltSettings()


def _stages(
    tilt: TiltSettings, root: Path, warnings: list[str], *, required: bool
) -> Sequence[tuple[str, Hints]] | None:
    """Each enabled resource of the running Tilt, what it waits for, and whether nothing of it stays up; None without
    a Tilt. ``warnings`` gets a sentence when that Tilt is not that of the project at ``root``.
    """
    from pytest_syncguard.stack.drivers.base import DriverUnavailable
    from pytest_syncguard.stack.drivers.tilt.client import Tilt
    from pytest_syncguard.stack.drivers.tilt.dependencies import dependencies
    from pytest_syncguard.stack.drivers.tilt.resource import TILTFILE
    from pytest_syncguard.stack.drivers.tilt.session import LOOPBACK, ForeignTilt, TiltStarting

    if not required and shutil.which("tilt") is None:
        return None
    client = Tilt(tilt)
    try:
        session, resources = client.state()
    except DriverUnavailable as error:
        if required or isinstance(error, TiltStarting):
            raise
        return None
    if tilt.host in LOOPBACK:
        try:
            session.require_ours(root, client.address)
        except ForeignTilt as error:
            warnings.append(str(error))
    ordered = sorted(resources.values(), key=lambda resource: (resource.order, resource.name))
    wanted = [resource for resource in ordered if resource.enabled and resource.name != TILTFILE]
    hints = _hints([resource.name for resource in wanted], dependencies(client))
    return [
        (resource.name, hints[resource.name] | ({"one_shot": True} if resource.runtime == "not_applicable" else {}))
        for resource in wanted
    ]


def _hints(resources: Sequence[str], waits: Mapping[str, Sequence[str]]) -> dict[str, dict[str, object]]:
    """What each resource waits for becomes ``after``, by the names that the stages are given."""
    from pytest_syncguard.settings.template import stage_names

    stages = dict(zip(resources, stage_names(resources), strict=True))
    after = {name: [stages[other] for other in waits.get(name, ()) if other in stages] for name in resources}
    return {name: {"after": others} if others else {} for name, others in after.items()}


def _write(target: Path, text: str) -> Path | None:
    """As a whole or not at all: a full disk must not cost a user the file that is there. Where that is kept."""
    backup = None
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        if os.path.lexists(target):
            backup = _free(target)
            target.rename(backup)
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        cure = "make the folder writable, free space on its disk, or choose another with -C"
        raise SyncguardError(f"cannot write {target}: {error.strerror}: {cure}") from None
    return backup


def _free(target: Path) -> Path:
    """A name for its backup that nothing has yet: an older one may be all that is left of somebody's work."""
    names = (f"{target.name}.bak{suffix}" for suffix in itertools.chain([""], map("-{}".format, itertools.count(2))))
    return next(path for name in names if not os.path.lexists(path := target.with_name(name)))
