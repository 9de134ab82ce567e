"""Folders that git does not keep: every file below counts, but for what tools make and nobody writes.

Left out at any depth: ``.git``, ``node_modules``, ``target``, ``.venv``, and caches (`CACHES`). Links are not
followed.
"""

from __future__ import annotations

import os
from typing import Final

from pytest_syncguard.stack.fingerprint.content import Files
from pytest_syncguard.stack.fingerprint.part import Part
from pytest_syncguard.stack.fingerprint.sources import CACHES, ours

SKIPPED: Final = {b".git", b"node_modules", b"target", b".venv", *CACHES}


def walk(part: Part, folder: bytes, files: Files, algorithm: str, *, repositories: bool) -> None:
    """Add to ``part`` every file below ``folder`` (relative, without a slash at its end).

    With ``repositories`` a folder that has a ``.git`` is not entered but reported as nested.
    """
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            with os.scandir(files.full(current)) as found:
                entries = list(found)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise files.unreadable(current, error) from None
        if repositories and current != folder and any(entry.name == b".git" for entry in entries):
            part.nested.append(current)
            continue
        for entry in entries:
            path = current + b"/" + entry.name if current else entry.name
            if entry.name in SKIPPED or ours(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif state := files.state(path, algorithm):
                part.added[path] = state
