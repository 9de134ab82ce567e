"""Reports among the sources: what a sync or a test run tells of itself is nothing that a stage is built from.

A file is a report only for as long as it holds what was written there as one, and git does not track it: whatever
else comes to lie in its place counts as a source again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pytest_syncguard.stack.fingerprint.part import Part

NAME: Final = "reports.json"
_under_way: set[Path] = set()


def under_way(paths: Iterable[Path]) -> None:
    """Reports that this process has yet to write: they do not count before it ends, whatever they hold."""
    _under_way.update(path.resolve() for path in paths)


def note(root: Path, cache: Path, paths: Iterable[Path]) -> None:
    """Remember that these files, as they are now, are reports; one that cannot be remembered is a source."""
    root = root.resolve()
    known = {name: digest for name, digest in _known(cache).items() if (root / name).is_file()}
    for path in paths:
        where = path.resolve()
        if where.is_relative_to(root) and (digest := _digest(where)):
            known[str(where.relative_to(root))] = digest
    if known == _known(cache):
        return
    fresh = cache / f"{NAME}.{os.getpid()}"
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(known), encoding="ascii")
        fresh.replace(cache / NAME)


def leave_out(root: Path, cache: Path | None, parts: Iterable[Part]) -> None:
    """Take the reports out of what was found beside what git tracks."""
    known = _known(cache) if cache else {}
    names = {path.relative_to(root) for path in _under_way if path.is_relative_to(root)}
    paths = [os.fsencode(name) for name in names | set(map(Path, known))]
    for part in parts:
        for path in paths:
            if path in part.added and path not in part.removed:
                name = os.fsdecode(path)
                if Path(name) in names or _digest(root / name) == known[name]:
                    del part.added[path]


def _known(cache: Path) -> dict[str, str]:
    """The digest of each report by its path, relative to the project."""
    try:
        found = json.loads((cache / NAME).read_text("ascii"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}


def _digest(path: Path) -> str:
    """Of what a plain file holds; empty for anything else."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
    except OSError:
        return ""
