"""What ``syncguard doctor`` looks at when stages are plain processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_syncguard.settings.model import Settings, Stage
from pytest_syncguard.stack.drivers.base import Check
from pytest_syncguard.stack.drivers.process.environment import environment
from pytest_syncguard.stack.drivers.process.orphans import CURE, orphans, told
from pytest_syncguard.stack.drivers.process.ports import why_taken
from pytest_syncguard.stack.drivers.process.record import Store
from pytest_syncguard.stack.drivers.process.tree import command_path, not_found


def check(settings: Settings, store: Store, stages: Sequence[Stage]) -> list[Check]:
    """Each stage's folder is there, its commands too, its port is free."""
    found: list[Check] = []
    for stage in stages:
        folder = settings.root / stage.cwd
        found.append(_folder(stage, folder))
        found += _commands(stage, folder)
        found += _port(store, stage, settings)
    return [*found, *_orphans(store, settings)]


def _folder(stage: Stage, folder: Path) -> Check:
    ok = folder.is_dir()
    cure = "" if ok else f'create it or change cwd of stage "{stage.name}"'
    return Check(f"cwd of {stage.name}", ok, f"{stage.cwd}{'' if ok else ' is not a folder'}", cure)


def _commands(stage: Stage, folder: Path) -> Iterator[Check]:
    env = environment(stage)
    for part, argv in (("build", stage.build), ("serve", stage.serve)):
        if not argv:
            continue
        path = command_path(argv, folder, env)
        # A program with a path of its own may well be what the build makes.
        later = part == "serve" and bool(stage.build) and "/" in argv[0]
        ok = bool(path) or later
        why, cure = not_found(argv, folder, part, f'install {argv[0]} or change {part} of stage "{stage.name}"')
        said = path or (f"{argv[0]} is not there yet" if later else f"{argv[0]} {why}")
        yield Check(f"{part} of {stage.name}", ok, said, "" if ok else cure)


def _orphans(store: Store, settings: Settings) -> Iterator[Check]:
    for stage, pid in orphans(store, _names(settings)).items():
        yield Check(f"stage {stage}", ok=False, found=told(stage, pid), cure=CURE)


def _names(settings: Settings) -> frozenset[str]:
    return frozenset(stage.name for stage in settings.stack.stages)


def _port(store: Store, stage: Stage, settings: Settings) -> Iterator[Check]:
    if not (stage.ready and stage.serve):
        return
    try:
        reason = why_taken(store, stage.name, stage.ready, _names(settings))
    except (ValueError, OSError) as error:
        reason = str(error)
    said, _, cure = reason.rpartition(": ")
    yield Check(f"ready of {stage.name}", not reason, said or stage.ready, cure)
