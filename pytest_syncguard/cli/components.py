"""``syncguard components``: the agents, commands, skills and hooks of the project's marketplaces."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_syncguard.cli.call import Call, say, shared
from pytest_syncguard.report.escape import plain

if TYPE_CHECKING:
    from pytest_syncguard.registry.component import Component
    from pytest_syncguard.registry.discovery.discover import Found


@click.command("components", short_help="List the agents, commands, skills and hooks of plugin marketplaces.")
@shared
def command(call: Call) -> int:
    """List the components of the marketplaces that the settings name, as Claude Code finds them.

    Without settings the current folder is the marketplace. Nothing is changed, and nothing is fetched.
    Exit codes: 0 listed, 1 a marketplace cannot be read or holds nothing.
    """
    from pytest_syncguard.registry.discovery.discover import discover

    found = discover(*_where(call))
    if call.json:
        for warning in _apart(found):
            print(f"syncguard: warning: {plain(warning)}", file=sys.stderr, flush=True)
        _print_json(found.components)
    else:
        for line in _lines(found):
            say(line)
    return 0


def _where(call: Call) -> tuple[Path, tuple[str, ...], Path | None]:
    """The project, its marketplaces, and the folder for what can be worked out again; none without settings."""
    from pytest_syncguard.settings.find import CACHE, find_source

    if find_source(call.start) is None:
        return call.start, (".",), None
    settings = call.project().settings
    return settings.root, settings.registry.marketplaces, settings.state / CACHE


def _print_json(components: tuple[Component, ...]) -> None:
    """A list, an object in each line: a program reads all of it at once, and ``diff`` and ``grep`` do, too."""
    text = json.dumps([document(component) for component in components])
    text = text.replace('}, {"key": "', '},\n{"key": "')  # nowhere else: within a text the quotes are escaped
    print(text, flush=True)


def document(component: Component) -> dict[str, Any]:
    """A component as programs see it."""
    return {
        "key": component.key,
        "type": component.type,
        "name": component.name,
        "plugin": component.plugin,
        "marketplace": component.marketplace,
        "path": component.path,
        "warnings": list(component.warnings),
    }


def _lines(found: Found) -> Iterator[str]:
    from pytest_syncguard.registry.component import TYPES

    width = max((len(component.label) for component in found.components), default=0)
    for component in found.components:
        yield f"{component.type:<7}  {component.label:<{min(width, 60)}}  {component.path}"
    for warning in (*_apart(found), *dict.fromkeys(w for component in found.components for w in component.warnings)):
        yield f"warning: {warning}"
    counts = Counter(component.type for component in found.components)
    each = ", ".join(f"{counts[kind]} {kind}{'' if counts[kind] == 1 else 's'}" for kind in TYPES)
    total = len(found.components)
    yield f"{total} component{'' if total == 1 else 's'}: {each}"


def _apart(found: Found) -> Iterator[str]:
    """What is to be told of no single component."""
    for remote in found.remote:
        yield f"plugin {remote.plugin} of {remote.marketplace} lies elsewhere ({remote.source}): it is not looked into"
    yield from found.warnings
