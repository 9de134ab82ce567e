"""A component: something that an agent can be given, and that must have its record."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

Type = Literal["agent", "command", "skill", "hook"]
TYPES: Final[tuple[Type, ...]] = ("agent", "command", "skill", "hook")
Value: TypeAlias = "str | list[Value] | dict[str, Value]"
"""A value of frontmatter. Scalars stay text as written, for a record holds text: ``1.0`` is no number there."""

NOTHING: Final[Mapping[str, Value]] = MappingProxyType({})


class Component(NamedTuple):
    """One agent, command, skill or hook.

    ``path``: its file, relative to the project. ``digest``: SHA-256 of what it is made of, in hex; empty where the
    file cannot be read. ``fields``: what frontmatter, manifest or handler say of it. ``warnings``: one line each.
    """

    marketplace: str
    plugin: str
    type: Type
    name: str
    path: str
    warnings: tuple[str, ...] = ()
    digest: str = ""
    fields: Mapping[str, Value] = NOTHING

    @property
    def key(self) -> str:
        """``marketplace/plugin/type/name``. Only the name may hold a slash, so no two components share a key."""
        return f"{_part(self.marketplace)}/{_part(self.plugin)}/{self.type}/{self.name}"

    @property
    def label(self) -> str:
        """``plugin/name``, as people call it."""
        return f"{self.plugin}/{self.name}"


def _part(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2F") if "/" in name else name
