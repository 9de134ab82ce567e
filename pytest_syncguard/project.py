"""A project as the command and the plugin see it: its settings, its hooks, its guards."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.guards import build_guards, drivers, others, plugin_manager
from pytest_syncguard.settings.find import find_source
from pytest_syncguard.settings.load import load_settings
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.settings.source import read_source
from pytest_syncguard.verdict import Background, Guard


class Project(NamedTuple):
    """``hook`` is the relay through which plugins bring in drivers and guards and hear of results."""

    settings: Settings
    hook: Any

    def guards(self, jobs: int = 1) -> list[Guard]:
        """Every guard of the project; ``jobs`` stages may be rebuilt side by side."""
        return build_guards(self.settings, self.hook, jobs=jobs)

    @contextmanager
    def looking(self, jobs: int = 1) -> Iterator[list[Guard]]:
        """The guards, which begin to look around at once, and let go of their helpers in the end."""
        guards = self.guards(jobs)
        helpers = [guard for guard in guards if isinstance(guard, Background)]
        try:
            for guard in helpers:
                guard.start()
            yield guards
        finally:
            for guard in helpers:
                guard.close()


class NoHooks:
    """The relay of a project without plugins: nobody implements any hook. Spares the import of pluggy."""

    def __getattr__(self, name: str) -> Callable[..., list[Any]]:
        if not name.startswith("pytest_syncguard_"):
            raise AttributeError(name)
        return lambda **_: []


def open_project(start: Path, hook: Any = None, load: Callable[[str], object] | None = None) -> Project:
    """The project that ``start`` lies in.

    The modules that ``plugins`` in the settings names are imported first, the project's folder being searched
    too, for they may bring in the driver that the settings ask for. ``hook`` is pytest's relay, and ``load``
    how pytest imports a plugin; without them the modules get a relay of their own. Raises `SettingsError`
    with every fault.
    """
    source = find_source(start)
    plugins = _plugins(source) if source else ()
    if source and plugins and str(source.parent) not in sys.path:
        sys.path.append(str(source.parent))  # at the end: a project's folder must not shadow what is installed
    if load is not None:
        for name in plugins:
            _load(name, load)
    if hook is None:
        hook = plugin_manager(plugins).hook if plugins else NoHooks()
    return Project(load_settings(start, drivers=drivers(hook)), hook)


def _plugins(source: Path) -> Sequence[str]:
    """The modules named; whatever is wrong with the list is told when all settings are read."""
    named = read_source(source).get("plugins")
    return [name for name in named if isinstance(name, str) and name] if isinstance(named, list) else []


def _load(name: str, load: Callable[[str], object]) -> None:
    try:
        with others(f'plugin "{name}" of the settings'):
            load(name)
    except ImportError as error:
        raise SyncguardError(f'plugin "{name}" of the settings cannot be imported: {error}') from None
