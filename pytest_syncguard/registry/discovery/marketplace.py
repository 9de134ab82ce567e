"""The plugins of a marketplace: those that marketplace.json lists; without one, what lies where the seed looks."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pytest_syncguard.registry.discovery.look import Look, Unreadable, below, join
from pytest_syncguard.registry.discovery.manifest import FOLDER, KEYS, Manifest, Source, kind, read_plugin, text
from pytest_syncguard.registry.discovery.plugin import Plugin

MARKS: Final = ("agents", "commands", "skills")


class Remote(NamedTuple):
    """A plugin whose files are elsewhere: it is listed, and not fetched. ``source``: where, for people."""

    marketplace: str
    plugin: str
    source: str


class Marketplace(NamedTuple):
    """A folder of plugins. ``renames``: the name that plugins have now by the one they had, None: they are gone."""

    name: str
    folder: str
    plugins: tuple[Plugin, ...]
    remote: tuple[Remote, ...] = ()
    renames: Mapping[str, str | None] = {}


def read_marketplace(look: Look, folder: str) -> Marketplace:
    """The marketplace in a folder. Raises `Unreadable` where there is no telling what it holds."""
    path = join(folder, f"{FOLDER}/marketplace.json")
    try:
        table = look.json(path) if look.stamp(path) else None
    except Unreadable as error:
        raise Unreadable(f"{path}: {error}") from None
    if not look.stamp(path):
        return _without_manifest(look, folder)
    if not isinstance(table, dict):
        raise Unreadable(f"{path}: found {kind(table)}, required an object with name and plugins")
    return _Reader(look, folder, path, table).read()


class _Reader:
    """Reads one marketplace.json."""

    def __init__(self, look: Look, folder: str, path: str, table: Mapping[str, Any]) -> None:
        self._look, self._folder, self._path, self._table = look, folder, path, table
        self._name = text(table, "name") or _folder_name(look, folder)
        self._plugins: list[Plugin] = []
        self._remote: list[Remote] = []
        metadata = table.get("metadata")
        self._root = text(metadata, "pluginRoot") if isinstance(metadata, dict) else ""

    def read(self) -> Marketplace:
        if not text(self._table, "name"):
            self._warn(f'no "name": the folder\'s, {self._name}, stands for it')
        entries = self._table.get("plugins")
        if not isinstance(entries, list):
            raise Unreadable(f'{self._path}: "plugins": found {kind(entries)}, required an array')
        for number, entry in enumerate(entries, start=1):
            self._entry(number, entry)
        self._forgotten()
        plugins, remote = tuple(self._plugins), tuple(self._remote)
        return Marketplace(self._name, self._folder, plugins, remote, self._renames())

    def _warn(self, said: str) -> None:
        self._look.warn(self._path, said)

    def _entry(self, number: int, entry: object) -> None:
        """One plugin of the list."""
        if not isinstance(entry, dict):
            self._warn(f"plugins #{number}: found {kind(entry)}, required an object")
            return
        name = text(entry, "name")
        label = f'plugin "{name}"' if name else f"plugins #{number}"
        source = entry.get("source")
        if isinstance(source, dict):
            self._remote.append(Remote(self._name, name or f"#{number}", _told(source)))
            return
        folder = self._source(label, source)
        if folder is None:
            return
        own = read_plugin(self._look, folder)
        named = text(own.table, "name") if own else ""
        name = name or named or _folder_name(self._look, folder)
        if not text(entry, "name"):
            self._warn(f'{label}: no "name": {name} stands for it')
        elif named and named != name:
            self._warn(f'{label} calls itself "{named}" in its plugin.json: the name here counts')
        if any(name == other.name for other in (*self._plugins,)):
            self._warn(f'{label} stands there twice: "{folder}" counts, too')
        self._plugins.append(Plugin(self._name, name, folder, self._folder, self._manifest(label, folder, own, entry)))

    def _manifest(self, label: str, folder: str, own: Source | None, entry: Mapping[str, Any]) -> Manifest:
        declared = [key for key in KEYS if entry.get(key) is not None]
        if own and declared and entry.get("strict") is False:
            keys = ", ".join(declared)
            self._warn(f"{label}: {keys} here and in its plugin.json with strict = false: Claude Code does not load it")
        sources = (*([own] if own else []), Source(self._path, entry))
        whole = folder == self._folder and entry.get("skills") is not None
        return Manifest(sources, skills_only=whole)

    def _source(self, label: str, source: object) -> str | None:
        """The folder that a source means; None, with a warning, where there is none."""
        if not isinstance(source, str) or not source:
            self._warn(f'{label}: "source": found {kind(source)}, required a path such as "./plugins/name"')
            return None
        bare = not source.startswith(".")
        written = posixpath.join(self._root, source) if bare and self._root else source
        folder = below(self._folder, written)
        try:
            if folder is None or (self._look.stamp(folder) and not self._look.inside(folder, self._folder)):
                self._warn(f'{label}: "{source}" leads out of the marketplace and is not read')
            elif not self._look.is_folder(folder):
                self._warn(f'{label}: found no folder "{written}", required one: correct "source"')
            else:
                return folder
        except Unreadable as error:
            self._warn(f'{label}: "{source}": {error}')
        return None

    def _forgotten(self) -> None:
        """Warn of plugins that lie beside others and are not listed: Claude Code does not see them."""
        listed = {plugin.folder for plugin in self._plugins}
        parents = {folder.rpartition("/")[0] for folder in listed if folder != self._folder}
        for parent in sorted(parents - listed - {self._folder}):
            for entry in self._look.entries(parent):
                folder = join(parent, entry.name)
                inner = any(each.startswith(f"{folder}/") for each in listed)
                if (
                    entry.folder
                    and folder not in listed
                    and not inner
                    and self._look.is_file(join(folder, f"{FOLDER}/plugin.json"))
                ):
                    self._look.warn(folder, f"{self._path} does not list this plugin, so its components do not count")

    def _renames(self) -> Mapping[str, str | None]:
        """Every old name with the one that it came to, through further renames."""
        table = self._table.get("renames")
        if table is None:
            return {}
        if not isinstance(table, dict):
            self._warn(f'"renames": found {kind(table)}, required an object')
            return {}
        right = {old: new for old, new in table.items() if new is None or (isinstance(new, str) and new)}
        for old in sorted(table.keys() - right.keys()):
            self._warn(f'"renames": "{old}": found {kind(table[old])}, required a name or null')
        known = {plugin.name for plugin in self._plugins} | {remote.plugin for remote in self._remote}
        renames: dict[str, str | None] = {}
        for old, direct in right.items():
            passed, new = {old}, direct
            while new in right and new not in passed and new not in known:
                passed.add(new)
                new = right[new]
            if new is not None and new not in known:
                circle = "leads back to itself" if new in passed else f'"{new}" is no plugin'
                self._warn(f'"renames": "{old}": {circle}: name one of the list, or null')
            else:
                renames[old] = new
        return renames


def _without_manifest(look: Look, folder: str) -> Marketplace:
    """A single plugin, or every folder of plugins/ that holds components. Raises `Unreadable` where neither is."""
    name = _folder_name(look, folder)
    if own := read_plugin(look, folder):
        plugin = text(own.table, "name") or name
        return Marketplace(name, folder, (Plugin(name, plugin, folder, folder, Manifest((own,))),))
    parent = join(folder, "plugins")
    found = []
    for entry in look.entries(parent) if look.is_folder(parent) and not look.strays(parent, folder) else ():
        path = join(parent, entry.name)
        if not entry.folder or (entry.link and look.strays(path, folder)):
            continue
        own = read_plugin(look, path)
        if own or any(look.is_folder(join(path, mark)) for mark in MARKS):
            manifest = Manifest((own,) if own else ())
            found.append(Plugin(name, text(own.table, "name") if own else entry.name, path, folder, manifest))
    if not found:
        required = "one, or plugins/<plugin>/ with agents, commands or skills"
        raise Unreadable(f"found no {FOLDER}/marketplace.json, required {required}: correct [registry] marketplaces")
    return Marketplace(name, folder, tuple(plugin._replace(name=plugin.name or _base(plugin)) for plugin in found))


def _base(plugin: Plugin) -> str:
    return plugin.folder.rpartition("/")[2]


def _folder_name(look: Look, folder: str) -> str:
    return look.real(folder).rpartition("/")[2] or "marketplace"


def _told(source: Mapping[str, Any]) -> str:
    """Where a remote plugin is, for people: without what may be a secret in an address."""
    kinds = text(source, "source") or "unknown source"
    where = next((found for key in ("repo", "url", "package", "path") if (found := text(source, key))), "")
    scheme, mark, rest = where.partition("://")
    where = f"{scheme}{mark}{rest.rpartition('@')[2] if '@' in rest.partition('/')[0] else rest}"
    return f"{kinds} {where.partition('?')[0]}".strip()
