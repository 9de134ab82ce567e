"""The way in: all components of a project's marketplaces, read once and remembered for as long as nothing changes."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pytest_syncguard.registry.component import Component
from pytest_syncguard.registry.discovery.errors import DiscoveryError
from pytest_syncguard.registry.discovery.look import Look, Unreadable, one_line
from pytest_syncguard.registry.discovery.marketplace import Marketplace, Remote, read_marketplace
from pytest_syncguard.registry.discovery.plugin import find_components


class Found(NamedTuple):
    """What there is: components in order of their marketplaces and plugins, and what belongs to no single one.

    ``renames``: by marketplace, the name that a plugin has now by the one it had; None: it is gone.
    """

    components: tuple[Component, ...]
    remote: tuple[Remote, ...] = ()
    renames: dict[str, dict[str, str | None]] = {}  # noqa: RUF012 - nobody writes to it
    warnings: tuple[str, ...] = ()


def discover(root: Path, marketplaces: Sequence[str], cache: Path | None = None) -> Found:
    """All components of the marketplaces, which are folders of the project at ``root``.

    ``cache``: a folder for what was read, so that the next call is fast; never needed. Raises `DiscoveryError` with a
    line for each marketplace that cannot be read.
    """
    from pytest_syncguard.registry.discovery.memory import Memory

    memory = Memory(cache, os.path.realpath(root), marketplaces)
    if (known := memory.found()) is not None:
        return known
    look = Look(str(root.absolute()), memory.facts())
    found = _read(look, marketplaces)
    memory.keep(look, found)
    return found


def _read(look: Look, folders: Sequence[str]) -> Found:
    read: list[Marketplace] = []
    components: list[Component] = []
    faults = []
    for written in folders:
        folder = "" if written == "." else written
        try:
            marketplace = _marketplace(look, folder)
        except Unreadable as error:
            faults.append(f"marketplace {written}: {error}")
            continue
        inside = [component for plugin in marketplace.plugins for component in find_components(look, plugin)]
        if not inside and not marketplace.remote:
            cure = f"add one, or take the marketplace out of [registry] marketplaces{_hint(look)}"
            faults.append(f"marketplace {written}: found no component, required at least one: {cure}")
        if any(marketplace.name == other.name for other in read):
            look.warn(written, f'another marketplace is called "{marketplace.name}", too: rename one of them')
        read.append(marketplace)
        components += inside
    if faults:
        raise DiscoveryError(faults)
    return Found(
        tuple(_with_twins(components)),
        tuple(remote for marketplace in read for remote in marketplace.remote),
        {marketplace.name: dict(marketplace.renames) for marketplace in read if marketplace.renames},
        look.warnings,
    )


def _marketplace(look: Look, folder: str) -> Marketplace:
    """The marketplace in a folder of the project. Raises `Unreadable`."""
    if not look.inside(folder, ""):
        raise Unreadable(f"a link that leads out of the project, to {look.real(folder)}: move it into the project")
    if not look.stamp(folder):
        raise Unreadable("found nothing there, required a folder: correct [registry] marketplaces")
    if not look.is_folder(folder):
        raise Unreadable("found a file, required the folder that holds .claude-plugin: correct [registry] marketplaces")
    return read_marketplace(look, folder)


def _hint(look: Look) -> str:
    return f" (first of {len(look.warnings)} warnings: {look.warnings[0]})" if look.warnings else ""


def _with_twins(components: Iterable[Component]) -> Iterable[Component]:
    """The components, those that share a key with a warning that names all their paths; warnings are a line each."""
    by_key: defaultdict[str, list[Component]] = defaultdict(list)
    components = list(components)
    for component in components:
        by_key[component.key].append(component)
    for component in components:
        said = list(component.warnings)
        if len(twins := by_key[component.key]) > 1:
            label = f'{component.type} "{component.name}" stands {len(twins)} times in plugin "{component.plugin}"'
            said.append(f"{label}: {' and '.join(twin.path for twin in twins)}")
        yield component._replace(warnings=tuple(map(one_line, said))) if said else component
