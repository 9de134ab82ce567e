"""What one look at one folder found: a repository, or a folder that is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pytest_syncguard.stack.fingerprint.content import SYMLINK
from pytest_syncguard.stack.fingerprint.tally import State, Tally

Inventory: TypeAlias = "dict[bytes, State]"


@dataclass(slots=True)
class Part:
    """``tallies`` (one a selection) cover what git's index says; ``removed`` is in them and is not so in the
    work tree, ``added`` is in the work tree and not in them, ``absent`` are submodules that are not checked
    out. ``nested`` are folders with a repository of their own; ``indexed``: there is an index, ``symlinks`` are
    the symbolic links in it. All paths are relative to the project.
    """

    tallies: list[Tally]
    added: Inventory = field(default_factory=dict)
    removed: Inventory = field(default_factory=dict)
    absent: Inventory = field(default_factory=dict)
    nested: list[bytes] = field(default_factory=list)
    inventory: Callable[[], Inventory | None] = dict
    """What ``tallies`` cover, file by file; None when the index is not the one of this look any more."""
    indexed: bool = False
    symlinks: Sequence[bytes] = ()

    def links(self) -> list[bytes]:
        """The symbolic links that are there."""
        tracked = [path for path in self.symlinks if path not in self.removed]
        return tracked + [path for path, (mode, _) in self.added.items() if mode == SYMLINK]


@dataclass(frozen=True, slots=True)
class Behind:
    """``files``: what lies behind symbolic links, by the path that leads there. ``outside``: links that leave the
    project, and where to.
    """

    files: Inventory = field(default_factory=dict)
    outside: dict[bytes, bytes] = field(default_factory=dict)
