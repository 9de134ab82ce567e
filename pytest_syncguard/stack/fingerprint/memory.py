"""What was worked out before, so that the next look costs little: kept in memory, and in one file if it can be.

The file is an aid and never needed: when it is missing, damaged, of another version or cannot be written, the
work is done again. What it says of an index or a file is used only if that has the very same identity.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from pytest_syncguard.stack.fingerprint.content import Remembered

FORMAT: Final = 1
NAME: Final = "fingerprint.json"
SPARE: Final = 1000


class Memory:
    """Bases by repository (see `base`), signatures and ids by file (see `content`)."""

    def __init__(self, cache: Path | None) -> None:
        self._path = cache / NAME if cache else None
        self.bases: dict[str, dict[str, Any]] = {}
        self.files: Remembered = {}
        self._saved: tuple[dict[str, dict[str, Any]], Remembered] = {}, {}
        self._load()

    def _load(self) -> None:
        if self._path is None:
            return
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            digest, _, body = self._path.read_text("ascii").partition("\n")
            if digest != _checksum(body):
                return
            data = json.loads(body)
            if data["format"] == FORMAT:
                files = {name: (marks, blob) for name, (marks, blob) in data["files"].items()}
                self.bases, self.files = data["bases"], files
                self._saved = dict(self.bases), dict(self.files)

    def keep(self, bases: Collection[str], used: Remembered) -> None:
        """Forget the bases that are not among these, and files once most of them went unused."""
        self.bases = {name: base for name, base in self.bases.items() if name in bases}
        self.files = used if len(self.files) > 2 * len(used) + SPARE else self.files | used

    def save(self) -> None:
        """Write the file if there is anything new. A folder that cannot be written is no fault."""
        if self._path is None or self._saved == (self.bases, self.files):
            return
        body = json.dumps({"format": FORMAT, "bases": self.bases, "files": self.files})
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._path, f"{_checksum(body)}\n{body}")
            self._saved = dict(self.bases), dict(self.files)


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode("ascii")).hexdigest()


def _replace(path: Path, text: str) -> None:
    """Write the file at once or not at all, and leave nothing else behind."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
