"""What was worked out before, so that the next look costs little: kept in memory, and in files if that can be.

The files are an aid and never needed: when they are missing, damaged, of another version or cannot be written,
the work is done again. What they say of an index or a file is used only if that has the very same identity.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from pytest_syncguard.stack.fingerprint.content import Remembered
from pytest_syncguard.stack.fingerprint.index import MARK
from pytest_syncguard.whole import write_whole

FORMAT: Final = 2
NAME: Final = "fingerprint.json"
SPARE: Final = 1000


class Memory:
    """Bases by repository (see `base`), signatures and ids by file (see `content`)."""

    def __init__(self, cache: Path | None) -> None:
        self._path = cache / NAME if cache else None
        self.bases: dict[str, dict[str, Any]] = {}
        self.files: Remembered = {}
        self._trusted: dict[str, set[bytes]] = {}
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

    def trusted(self, name: str) -> set[bytes]:
        """The marks that were trusted in this repository; read only when they are asked for."""
        if name not in self._trusted:
            self._trusted[name] = set()
            with contextlib.suppress(OSError):
                data = self._file("trusted", name).read_bytes() if self._path else b""
                digest, body = data[:32], data[32:]
                if digest == hashlib.sha256(body).digest():
                    self._trusted[name] = {body[at : at + MARK] for at in range(0, len(body), MARK)}
        return self._trusted[name]

    def trust(self, name: str, marks: set[bytes]) -> None:
        """From now on these and no others, and write them down if anything is new."""
        if marks == self.trusted(name):
            return
        self._trusted[name] = marks
        if self._path is not None:
            body = b"".join(marks)
            with contextlib.suppress(OSError):
                write_whole(self._file("trusted", name), hashlib.sha256(body).digest() + body)

    @property
    def folder(self) -> Path | None:
        """Where the files lie, if there are any."""
        return self._path.parent if self._path else None

    def untracked(self, name: str) -> dict[str, Any]:
        """What is known of this repository's untracked files (see `untracked`); empty if nothing is."""
        with contextlib.suppress(OSError, ValueError):
            digest, _, body = self._file("untracked", name).read_text("ascii").partition("\n")
            if self._path and digest == _checksum(body):
                known: dict[str, Any] = json.loads(body)
                return known
        return {}

    def keep_untracked(self, name: str, known: dict[str, Any]) -> None:
        """Write it down for the next look."""
        if self._path is not None:
            body = json.dumps(known)
            with contextlib.suppress(OSError):
                write_whole(self._file("untracked", name), f"{_checksum(body)}\n{body}".encode("ascii"))

    def _file(self, kind: str, name: str) -> Path:
        """The file with what is known of one repository alone."""
        short = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return (self._path or Path()).with_name(f"{kind}-{short}")

    def save(self) -> None:
        """Write the file if there is anything new. A folder that cannot be written is no fault."""
        if self._path is None or self._saved == (self.bases, self.files):
            return
        body = json.dumps({"format": FORMAT, "bases": self.bases, "files": self.files})
        with contextlib.suppress(OSError):
            write_whole(self._path, f"{_checksum(body)}\n{body}".encode("ascii"))
            self._saved = dict(self.bases), dict(self.files)


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode("ascii")).hexdigest()
