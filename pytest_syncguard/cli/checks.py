"""What ``syncguard doctor`` looks at, whatever the driver. Each check stands alone: one fault hides no other."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.lock import holder
from pytest_syncguard.machine import CURES
from pytest_syncguard.stack.drivers.base import Check
from pytest_syncguard.verdict import shown_path

if TYPE_CHECKING:
    from pytest_syncguard.cli.call import Call
    from pytest_syncguard.project import Project
    from pytest_syncguard.settings.model import Settings

DISTRIBUTION = "pytest-syncguard"
ALWAYS_SHOWN = ("pytest", "pytest-xdist")
GIT_LIMIT = 20.0  # seconds
WITHOUT_GIT = "sources are hashed one by one, what git would ignore counts too"


def examine(call: Call) -> Iterator[Check]:
    """Every check there is for the project that the call is about."""
    from pytest_syncguard.settings.faults import SettingsError
    from pytest_syncguard.settings.find import find_source

    yield from _versions()
    try:
        _ = call.start
    except SyncguardError as error:
        yield Check("folder", ok=False, found=str(error), cure="change to the project's folder")
        return
    try:
        project = call.project()
    except SettingsError as error:
        cure = "correct it there, then run syncguard doctor again" if find_source(call.start) else "run syncguard init"
        yield from (Check("settings", ok=False, found=fault, cure=cure) for fault in error.faults)
        return
    except SyncguardError as error:
        yield Check("plugins", ok=False, found=str(error), cure="correct plugins in the settings, or install it")
        if (without := _without_plugins(call.start)) is None:
            return
        project = without
    settings = project.settings
    yield Check("settings", ok=True, found=f"{_shown(settings.source)}, {len(settings.stack.stages)} stages")
    yield _git(settings.root)
    yield from _sources(settings)
    writable = _state(settings)
    yield writable
    yield _ledger(settings)
    if writable.ok:  # else nobody can lock, which has just been told
        yield _lock(settings)
    yield from _guards(project)
    yield from _driver(project)


def _without_plugins(start: Path) -> Project | None:
    """The project as far as it needs none of them."""
    from pytest_syncguard.project import NoHooks, Project
    from pytest_syncguard.settings.load import load_settings

    try:
        return Project(load_settings(start), NoHooks())
    except SyncguardError:
        return None


def _shown(path: Path | None) -> str:
    """A path as messages show it, from where the user is; where the user is itself, in full."""
    if path is None:
        return "none"
    shown = shown_path(path)
    return str(path) if shown == "." else shown


def _versions() -> Iterator[Check]:
    """The interpreter, and each required package that is worth showing or is not as required."""
    from packaging.requirements import Requirement

    yield Check("python", ok=True, found=f"{platform.python_version()}")
    for text in metadata.requires(DISTRIBUTION) or ():
        required = Requirement(text)
        if required.marker is not None and not required.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(required.name)
        except metadata.PackageNotFoundError:
            found = ""
        ok = bool(found) and required.specifier.contains(found, prereleases=True)
        if not ok or required.name in ALWAYS_SHOWN:
            cure = "" if ok else f'install it: python -m pip install "{required.name}{required.specifier}"'
            yield Check(required.name, ok, found or "not installed", cure)


def _git(root: Path) -> Check:
    """Without git, or outside of a repository, sources are hashed one by one: slower, not wrong."""
    if (git := shutil.which("git")) is None:
        if any(os.path.lexists(folder / ".git") for folder in (root, *root.parents)):
            return Check("git", ok=False, found=f"not installed: {WITHOUT_GIT}", cure="install git")
        return Check("git", ok=True, found=f"not installed: {WITHOUT_GIT}")
    try:
        argv = [git, "-C", str(root), "rev-parse", "--show-toplevel"]
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=GIT_LIMIT)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("git", ok=False, found=str(error), cure="make git work in the project's folder")
    if done.returncode == 0:
        return Check("git", ok=True, found=f"repository {done.stdout.strip()}")
    if "not a git repository" in done.stderr.partition("\n")[0]:
        return Check("git", ok=True, found=f"{root} is not a git repository: {WITHOUT_GIT}")
    from pytest_syncguard.stack.fingerprint.git import wrong_and_cure

    found, cure = wrong_and_cure(done.returncode, done.stderr)
    return Check("git", ok=False, found=found, cure=cure)


def _sources(settings: Settings) -> Iterator[Check]:
    from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprinter

    if not settings.stack.stages:
        return
    fingerprinter = Fingerprinter(settings.root)
    try:
        prints = fingerprinter.take(settings.stack.stages)
    except SyncguardError as error:
        found, _, cure = str(error).rpartition("; ")
        yield Check("sources", ok=False, found=found or cure, cure=cure if found else "make every source readable")
        return
    finally:
        fingerprinter.close()
    faults = [warning for each in prints.values() for warning in each.warnings]
    for fault in faults:
        yield Check("sources", ok=False, found=fault, cure="correct sources = [...] of the stage")
    if not faults:
        files = ", ".join(f"{name} {each.files}" for name, each in prints.items())
        yield Check("sources", ok=True, found=f"files: {files}")


def _state(settings: Settings) -> Check:
    """Whether something can really be written there; nothing stays behind."""
    folder = settings.state if os.path.lexists(settings.state) else settings.root
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
            file.flush()
    except OSError as error:
        found = f"{_shown(folder)}: {error.strerror}"
        cure = CURES.get(error.errno or 0, "make it writable, or free space on its disk")
        return Check("writable", ok=False, found=found, cure=cure)
    return Check("writable", ok=True, found=_shown(settings.state))


def _ledger(settings: Settings) -> Check:
    from pytest_syncguard.ledger import Ledger

    ledger = Ledger(settings.state)
    try:
        known = ledger.synced()
    except SyncguardError as error:
        return Check("ledger", ok=False, found=str(error), cure="make it readable, or remove it and sync again")
    if ledger.warnings:
        cure = "run syncguard sync: it keeps this one aside and begins anew"
        return Check("ledger", ok=False, found=ledger.warnings[0], cure=cure)
    return Check("ledger", ok=True, found=f"{len(known)} stages were synced")


def _lock(settings: Settings) -> Check:
    try:
        who = holder(settings.state)
    except (SyncguardError, OSError) as error:
        return Check("lock", ok=False, found=str(error), cure="make the state folder writable")
    return Check("lock", ok=True, found=f"held by {who}" if who else "free")


def _guards(project: Project) -> Iterator[Check]:
    try:
        kinds = [guard.kind for guard in project.guards()]
    except SyncguardError as error:
        yield Check("guards", ok=False, found=str(error), cure="correct the settings")
        return
    yield Check("guards", ok=True, found=", ".join(kinds) or "none")


def _driver(project: Project) -> Iterator[Check]:
    from pytest_syncguard.guards import driver_factory

    stack = project.settings.stack
    if not stack.stages:
        return
    try:
        driver = driver_factory(stack.driver, project.hook)(project.settings)
        yield from driver.doctor(stack.stages)
    except SyncguardError as error:
        yield Check(f"driver {stack.driver}", ok=False, found=str(error), cure="make it answer, then try again")
