"""The components of one plugin: default folders, and what its manifests declare in their place or beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from pytest_syncguard.registry.component import Component, Type, Value
from pytest_syncguard.registry.discovery.hooks import find_hooks
from pytest_syncguard.registry.discovery.look import Facts, Look, join
from pytest_syncguard.registry.discovery.manifest import Manifest, one_path, paths, text
from pytest_syncguard.registry.discovery.walk import markdown_files

SKILL: Final = "SKILL.md"


class Plugin(NamedTuple):
    """A plugin whose files are here. ``outer``: the folder of its marketplace, which no link may lead out of."""

    marketplace: str
    name: str
    folder: str
    outer: str
    manifest: Manifest


def find_components(look: Look, plugin: Plugin) -> Iterator[Component]:
    """Every component of the plugin: agents, commands, skills, hooks."""
    yield from _agents(look, plugin)
    yield from _commands(look, plugin)
    yield from _skills(look, plugin)
    yield from find_hooks(look, plugin.marketplace, plugin.name, plugin.folder, plugin.manifest)


def _agents(look: Look, plugin: Plugin) -> Iterator[Component]:
    for path, above, stem in _files(look, plugin, "agents"):
        facts = look.markdown(path)
        if not _is_readme(look, path, stem, facts):
            name = text(facts.fields, "name") or stem
            yield _component(plugin, "agent", ":".join((*above, name)), path, facts)


def _commands(look: Look, plugin: Plugin) -> Iterator[Component]:
    for path, value in plugin.manifest.declared("commands"):
        if isinstance(value, dict):
            yield from _mapped(look, plugin, path, value)
    for path, above, stem in _files(look, plugin, "commands", whole=SKILL):
        facts = look.markdown(path)
        if not _is_readme(look, path, stem, facts):
            yield _component(plugin, "command", ":".join((*above, stem)), path, facts)


def _mapped(look: Look, plugin: Plugin, path: str, table: dict[str, object]) -> Iterator[Component]:
    """Commands that a manifest declares by name, with a file or with their text."""
    for name, entry in table.items():
        said = entry if isinstance(entry, dict) else {}
        more: dict[str, Value] = {key: value for key, value in said.items() if isinstance(value, str)}
        if "content" in more:
            digest = hashlib.sha256(json.dumps(more, sort_keys=True).encode()).hexdigest()
            yield Component(plugin.marketplace, plugin.name, "command", name, path, (), digest, more)
        elif (file := one_path(look, plugin.folder, path, f"commands.{name}", said.get("source"))) is not None:
            facts = look.markdown(file)
            more.pop("source", None)
            yield _component(plugin, "command", name, file, facts._replace(fields={**facts.fields, **more}))


def _files(look: Look, plugin: Plugin, key: str, whole: str = "") -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The files of agents or commands, each once; what manifests name replaces the default folder."""
    default, manifest = join(plugin.folder, key), plugin.manifest
    if manifest.declares(key):
        declared = ((path, value) for path, value in manifest.declared(key) if not isinstance(value, dict))
        starts = list(paths(look, plugin.folder, declared, key))
        if look.is_folder(default) and not any(f"{path}/".startswith(f"{default}/") for path in starts):
            cure = f'name "./{key}" there, too, if it counts'
            look.warn(default, f'Claude Code does not read it, since a manifest sets "{key}": {cure}')
    else:
        there = look.is_folder(default) and not look.strays(default, plugin.outer)
        starts = [default] if there else []
    seen: set[str] = set()
    for start in starts:
        for found in markdown_files(look, start, plugin.outer, whole):
            if found[0] not in seen:
                seen.add(found[0])
                yield found


def _skills(look: Look, plugin: Plugin) -> Iterator[Component]:
    """Folders with a SKILL.md: in skills/, and in what manifests name; without either, the plugin's own folder."""
    folder, manifest = plugin.folder, plugin.manifest
    named = list(paths(look, folder, manifest.declared("skills"), "skills"))
    default = join(folder, "skills")
    there = look.is_folder(default)
    starts = [default] if there and not (manifest.skills_only and named and folder not in named) else []
    seen: set[str] = set()
    for start in [*starts, *named]:
        for component in _skills_in(look, plugin, start):
            if component.path not in seen:
                seen.add(component.path)
                yield component
    root = join(folder, SKILL)
    if folder not in named and look.is_file(root):
        if there or manifest.declares("skills"):
            look.warn(root, "Claude Code does not read it beside other skills: move it into a folder of skills/")
        else:
            yield from _skill(look, plugin, folder, plugin.name)


def _skills_in(look: Look, plugin: Plugin, start: str) -> Iterator[Component]:
    """The skill that a folder is, or those that its folders are."""
    if look.strays(start, plugin.outer):
        return
    if not look.is_folder(start):
        look.warn(start, "found no folder, required one that holds a SKILL.md, or folders that do")
    elif look.is_file(join(start, SKILL)):
        yield from _skill(look, plugin, start, start.rpartition("/")[2] or plugin.name)
    else:
        for entry in look.entries(start):
            path = join(start, entry.name)
            if entry.folder and not (entry.link and look.strays(path, plugin.outer)):
                yield from _skill(look, plugin, path, entry.name)


def _skill(look: Look, plugin: Plugin, folder: str, name: str) -> Iterator[Component]:
    path = join(folder, SKILL)
    if look.is_file(path) and not (look.is_link(path) and look.strays(path, plugin.outer)):
        facts = look.markdown(path)
        yield _component(plugin, "skill", text(facts.fields, "name") or name, path, facts)


def _component(plugin: Plugin, kind: Type, name: str, path: str, facts: Facts) -> Component:
    warnings = [f"{path}:{line}: {said}" for line, said in facts.problems]
    if facts.there:
        lacking = [key for key in ("name", "description") if key not in facts.fields]
        if kind == "agent" and lacking:
            warnings.append(f"{path}:1: no {' and no '.join(lacking)}: Claude Code loads no agent without")
        elif kind == "skill" and "description" in lacking:
            warnings.append(f"{path}:1: no description: nothing says when to use it")
    if not isinstance(facts.fields.get("name", ""), str):
        warnings.append(f"{path}: name: found no text, required one: the name of the file or folder stands for it")
    return Component(plugin.marketplace, plugin.name, kind, name, path, tuple(warnings), facts.digest, facts.fields)


def _is_readme(look: Look, path: str, stem: str, facts: Facts) -> bool:
    """Whether the file explains its folder to people, and is no component of it."""
    if facts.there or stem.casefold() != "readme":
        return False
    look.warn(path, "taken for an explanation of its folder, not for a component, since it has no frontmatter")
    return True
