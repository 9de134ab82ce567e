"""Presets: settings that ship with the package, which a project's own override key by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

_FOLDER = files("pytest_syncguard") / "stack" / "presets"


def preset_names() -> list[str]:
    """The presets that ship with the package."""
    return sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml"))


def load_preset(name: str) -> Mapping[str, object]:
    """A preset as it is written. Raises `KeyError` for a name that none has."""
    import tomllib

    if name not in preset_names():
        raise KeyError(name)
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def overridden(preset: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """The preset with a project's own settings over it: tables key by key, stages by name, all else whole."""
    merged = dict(preset)
    for key, value in own.items():
        under = preset.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            merged[key] = overridden(under, value)
        elif key == "stage" and isinstance(under, list) and isinstance(value, list):
            merged[key] = _stages(under, value)
        else:
            merged[key] = value
    return merged


def _stages(preset: Sequence[Mapping[str, object]], own: Sequence[object]) -> list[object]:
    """The preset's stages, each under the first of the project's that bears its name; then the new ones."""
    rest = list(own)
    merged: list[object] = []
    for stage in preset:
        over = next((s for s in rest if isinstance(s, Mapping) and s.get("name") == stage["name"]), None)
        merged.append(stage if over is None else overridden(stage, over))
        rest = [other for other in rest if other is not over]
    return merged + rest
