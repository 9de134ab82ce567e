"""From the table as written to `Settings`: the preset under it, each value read, all checked together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pytest_syncguard.settings.checks import check_folders, check_stack, ordered, with_environment
from pytest_syncguard.settings.faults import Faults, Place, SettingsError, did_you_mean, nearest, quoted
from pytest_syncguard.settings.find import SHARED
from pytest_syncguard.settings.load import DRIVERS
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.settings.tables import PROJECT, STACK
from pytest_syncguard.verdict import shown_path


def parse(
    data: Mapping[str, object],
    root: Path,
    source: Path | None,
    environ: Mapping[str, str],
    drivers: Collection[str],
) -> Settings:
    """See `pytest_syncguard.settings.parse_settings`."""
    prefix = "tool.syncguard." if source and source.name == SHARED else ""
    inside = Faults(shown_path(source) if source else "settings", prefix)
    outside = Faults("environment")
    top = Place(inside)
    data, options = _without_options(_with_preset(top, data), drivers)
    settings = Settings(root, source, **PROJECT.fields(top, data))
    stack = settings.stack._replace(options=options)
    if "stack" in data or "registry" not in data:  # a project may have a registry alone
        check_stack(top.key("stack"), stack, _written_names(data), drivers, misnamed=_misnamed_driver(data))
    check_folders(top.key("stack").key("stage"), stack.stages, root)
    stages = ordered(top.key("stack").key("stage"), stack.stages)
    tilt = with_environment(Place(outside), stack.tilt, environ)
    faults = inside.lines() + (outside.lines() if stack.driver == "tilt" else ())
    if faults:
        raise SettingsError(faults)
    return settings._replace(stack=stack._replace(stages=stages, tilt=tilt))


def _with_preset(top: Place, data: Mapping[str, object]) -> Mapping[str, object]:
    """The data over the preset that it names, if it names one."""
    name = data.get("preset")
    if not isinstance(name, str) or not name:
        return data  # nothing to do, or a fault that the reader of the key tells
    from pytest_syncguard.settings.presets import load_preset, overridden, preset_names

    names = preset_names()
    if name not in names:
        top.key("preset").wrong(quoted(name), f"one of {', '.join(names)}", did_you_mean(name, names))
        return data
    return overridden(load_preset(name), data)


def _without_options(
    data: Mapping[str, object], drivers: Collection[str]
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """The data without the tables of drivers that plugins bring in, and the table of the driver in use."""
    stack = data.get("stack")
    if not isinstance(stack, Mapping):
        return data, {}
    theirs = set(drivers).difference(DRIVERS)
    options = {name: stack[name] for name in theirs if isinstance(stack.get(name), Mapping)}
    ours = {key: value for key, value in stack.items() if key not in options}
    return {**data, "stack": ours}, options.get(str(stack.get("driver")), {})


def _misnamed_driver(data: Mapping[str, object]) -> bool:
    """Whether a key of the stack that is none was meant to be ``driver``."""
    stack = data.get("stack")
    if not isinstance(stack, Mapping) or "driver" in stack:
        return False
    return any(nearest(key, STACK.keys) == "driver" for key in stack if key not in STACK.keys)


def _written_names(data: Mapping[str, object]) -> list[str]:
    """The stages' names as written, those of stages with other faults among them."""
    stack = data.get("stack")
    stages = stack.get("stage") if isinstance(stack, Mapping) else None
    names = [s.get("name") for s in stages if isinstance(s, Mapping)] if isinstance(stages, list | tuple) else []
    return [name for name in names if isinstance(name, str)]
