"""The log file of a stage: what its build and its process said, kept as it comes."""

from __future__ import annotations

from io import FileIO
from pathlib import Path

from pytest_syncguard.machine import refusal


class KeptLog:
    """Appends to a file that is made with the first output; ``refused`` says why it lacks lines, "" if it has all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self.refused = ""

    def keep(self, output: bytes) -> None:
        """Write it; after a refusal of the system nothing is written any more."""
        if not output or self.refused:
            return
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("ab", buffering=0)
            rest = memoryview(output)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.refused = refusal(error, doing=str(self._path)) or f"{self._path}: {error.strerror or error}"

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
