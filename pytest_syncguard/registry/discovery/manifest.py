"""What marketplace.json and plugin.json say, as far as it bears on components; what is no use of it is warned about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_syncguard.registry.discovery.look import Look, Unreadable, below, join

Table: TypeAlias = Mapping[str, Any]
FOLDER: Final = ".claude-plugin"
KEYS: Final = ("agents", "commands", "skills", "hooks")


class Source(NamedTuple):
    """A table that declares components, and the file that it stands in."""

    path: str
    table: Table


class Manifest(NamedTuple):
    """What declares a plugin's components: its own plugin.json, then the entry of the marketplace.

    ``skills_only``: the skills named are all there are, since the plugin is the whole marketplace.
    """

    sources: tuple[Source, ...]
    skills_only: bool = False

    def declares(self, key: str) -> bool:
        """Whether any source has the key."""
        return any(source.table.get(key) is not None for source in self.sources)

    def declared(self, key: str) -> Iterator[tuple[str, Any]]:
        """The values of a key, each with the file that it stands in."""
        for source in self.sources:
            if (value := source.table.get(key)) is not None:
                yield source.path, value


def read_plugin(look: Look, folder: str) -> Source | None:
    """The plugin.json of a folder, if there is one that can be read."""
    path = join(folder, f"{FOLDER}/plugin.json")
    try:
        if not look.stamp(path):
            return None
        table = look.json(path)
    except Unreadable as error:
        look.warn(path, f"{error}; the plugin is read as if it had none")
        return None
    if not isinstance(table, dict):
        look.warn(path, f"found {kind(table)}, required an object; the plugin is read as if it had none")
        return None
    return Source(path, table)


def paths(look: Look, folder: str, declared: Iterator[tuple[str, Any]], key: str) -> Iterator[str]:
    """The paths that a key names, relative to the project: those that are there and lie within the plugin."""
    for path, value in declared:
        for written in value if isinstance(value, list) else [value]:
            found = one_path(look, folder, path, key, written)
            if found is not None:
                yield found


def one_path(look: Look, folder: str, path: str, key: str, written: object) -> str | None:
    """The path that one text names; None, with a warning, where it is of no use."""
    if not isinstance(written, str) or not written:
        look.warn(path, f'"{key}": found {kind(written)}, required a path such as "./{key}"')
        return None
    found = below(folder, written)
    try:
        if found is None or (look.stamp(found) and not look.inside(found, folder)):
            look.warn(path, f'"{key}": "{written}" leads out of the plugin and is not read: name a path within it')
        elif not look.stamp(found):
            look.warn(path, f'"{key}": "{written}" is not there: correct the path')
        else:
            return found
    except Unreadable as error:
        look.warn(path, f'"{key}": "{written}": {error}')
    return None


def text(table: Table, key: str) -> str:
    """A text of a table; empty where there is none, or something else."""
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""


def kind(value: object) -> str:
    """What sort of JSON value this is, for people."""
    if value == "":
        return "an empty text"
    kinds = {dict: "an object", list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
