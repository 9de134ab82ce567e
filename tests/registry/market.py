"""Marketplaces that are written file by file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_syncguard.registry.component import Component
from pytest_syncguard.registry.discovery.discover import Found, discover

GOOD = "---\nname: {name}\ndescription: It does it.\n---\n\nDo it.\n"


@dataclass(frozen=True)
class Market:
    """A project that is a marketplace, called ``shop``."""

    root: Path

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def good(self, *paths: str) -> None:
        """Files without a fault, named as their file, a skill as its folder."""
        for path in paths:
            file = Path(path)
            self.write(path, GOOD.format(name=file.parent.name if file.name == "SKILL.md" else file.stem))

    def link(self, path: str, target: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)

    def write_json(self, path: str, content: Any) -> None:
        self.write(path, json.dumps(content))

    def lists(self, *entries: dict[str, Any], **more: Any) -> None:
        """The marketplace.json."""
        self.write_json(".claude-plugin/marketplace.json", {"name": "shop", "plugins": list(entries), **more})

    def plugin(self, name: str, **keys: Any) -> dict[str, Any]:
        """The plugin.json of plugins/NAME; comes back as the entry that lists it."""
        self.write_json(f"plugins/{name}/.claude-plugin/plugin.json", {"name": name, **keys})
        return {"name": name, "source": f"./plugins/{name}"}

    def find(self, *marketplaces: str, cache: Path | None = None) -> Found:
        return discover(self.root, marketplaces or (".",), cache)

    def names(self) -> list[str]:
        """The keys of all components, without the marketplace."""
        return without_marketplace(self.find().components)

    def only(self) -> Component:
        """The one component that there is."""
        (component,) = self.find().components
        return component


def without_marketplace(components: Sequence[Component]) -> list[str]:
    return [component.key.partition("/")[2] for component in components]
