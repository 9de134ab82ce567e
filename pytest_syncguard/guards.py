"""Builds the guards that the settings and the hooks ask for; the only room that knows all three kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.stack.drivers.base import Driver, DriverFactory
from pytest_syncguard.verdict import Guard, shown_path

if TYPE_CHECKING:
    import pluggy


def build_guards(settings: Settings, hook: Any, *, jobs: int = 1) -> list[Guard]:
    """The stack's guard, if the settings have stages, and those that hooks bring in.

    ``hook`` is pytest's hook relay, or that of `plugin_manager`. Raises `SyncguardError` if there are none.
    """
    guards: list[Guard] = []
    if settings.stack.stages:
        from pytest_syncguard.stack.guard import StackGuard

        guards.append(StackGuard(settings, driver_factory(settings.stack.driver, hook), jobs=jobs))
    with others("pytest_syncguard_guards"):
        for brought in hook.pytest_syncguard_guards(settings=settings):
            guards.extend(brought)
    if not guards:  # of nothing nobody may hear that it is in sync
        where = shown_path(settings.source) if settings.source else "the settings"
        raise SyncguardError(f"{where}: found no [[stack.stage]], and no plugin brings a guard: add a stage")
    return guards


def driver_factory(name: str, hook: Any) -> DriverFactory:
    """The driver of that name; those that hooks bring in come first, so that they may replace ours."""
    factories = drivers(hook)
    if name not in factories:
        raise SyncguardError(f'no driver "{name}" in [stack]: known are {", ".join(sorted(factories))}')

    def make(settings: Settings) -> Driver:
        with others(f'driver "{name}"'):
            return factories[name](settings)

    return make


def drivers(hook: Any) -> dict[str, DriverFactory]:
    """All drivers by name."""
    known: dict[str, DriverFactory] = {"tilt": _tilt, "process": _process, "command": _command}
    with others("pytest_syncguard_drivers"):
        for brought in hook.pytest_syncguard_drivers():
            known.update(_checked(brought))
    return known


@contextmanager
def others(what: str) -> Iterator[None]:
    """Whatever the code of others raises within becomes a `SyncguardError` of one line, which says where it was
    raised; ``what`` is the hook that was called, or the plugin that was loaded.

    What is pytest's or pluggy's own goes its way, and so does an `ImportError`.
    """
    try:
        yield
    except (SyncguardError, ImportError):
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("_pytest", "pluggy"):
            raise
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise SyncguardError(f"{what} fails: {said}{_where(error)}: correct it or take it out of plugins") from None


def _where(error: Exception) -> str:
    """The last place in the first file that is neither ours nor one of those that load and call plugins."""
    import traceback

    if isinstance(error, SyntaxError):
        return ""  # it says so itself
    passing = (str(Path(__file__).parent), "<frozen ", "importlib", "pluggy", "_pytest")
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not _holds(each.filename, passing)]
    last = next((each for each in reversed(frames) if each.filename == frames[0].filename), None)
    return f" ({Path(last.filename).name}:{last.lineno})" if last else ""


def _holds(path: str, parts: Sequence[str]) -> bool:
    return any(path.startswith(part) or f"/{part}/" in path for part in parts)


def plugin_manager(plugins: Sequence[str]) -> pluggy.PluginManager:
    """Hooks outside pytest: the modules that ``plugins`` in the settings names. Does not import pytest."""
    import importlib

    import pluggy

    from pytest_syncguard import hookspecs

    class Manager(pluggy.PluginManager):
        """As in pytest, its name alone makes a function the implementation of a hook."""

        def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
            marked = super().parse_hookimpl_opts(plugin, name)
            if marked is not None or not (name.startswith("pytest_syncguard_") and hasattr(hookspecs, name)):
                return marked
            return pluggy.HookimplOpts(
                wrapper=False,
                hookwrapper=False,
                optionalhook=False,
                tryfirst=False,
                trylast=False,
                specname=None,
            )

    manager = Manager("pytest")
    manager.add_hookspecs(hookspecs)
    for name in dict.fromkeys(plugins):
        try:
            with others(f'plugin "{name}" of the settings'):
                manager.register(importlib.import_module(name), name)
        except ImportError as error:
            raise SyncguardError(f'plugin "{name}" of the settings cannot be imported: {error}') from None
        except pluggy.PluginValidationError as error:
            raise SyncguardError(f'plugin "{name}" of the settings: {" ".join(str(error).split())}') from None
    return manager


def _checked(brought: Mapping[str, DriverFactory]) -> Mapping[str, DriverFactory]:
    if not isinstance(brought, Mapping):
        raise SyncguardError(f"pytest_syncguard_drivers gives {brought!r}: required a mapping of names to callables")
    for name, factory in brought.items():
        if not callable(factory):
            raise SyncguardError(f'driver "{name}" is no factory: pytest_syncguard_drivers maps names to callables')
    return brought


def _tilt(settings: Settings) -> Driver:
    from pytest_syncguard.stack.drivers.tilt import TiltDriver

    return TiltDriver(settings)


def _process(settings: Settings) -> Driver:
    from pytest_syncguard.stack.drivers.process import ProcessDriver

    return ProcessDriver(settings)


def _command(settings: Settings) -> Driver:
    from pytest_syncguard.stack.drivers.command import CommandDriver

    return CommandDriver(settings)
