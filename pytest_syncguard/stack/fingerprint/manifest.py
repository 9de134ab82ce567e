"""Which files a fingerprint was made of, small enough for the ledger, and how two such lists differ."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Final

from pytest_syncguard.stack.fingerprint.content import key
from pytest_syncguard.stack.fingerprint.errors import FingerprintError, shown
from pytest_syncguard.stack.fingerprint.tally import State, weight

FORMAT: Final = 1
SHORT: Final = 12  # hex digits a file: enough to tell that it changed, few enough to keep


def pack(stage: str, settings: str, files: Mapping[bytes, State]) -> bytes:
    """A manifest of the stage: the digest of its settings, and of each file by path."""
    listed = {key(path): f"{weight(path, *state):064x}"[:SHORT] for path, state in sorted(files.items())}
    data = {"format": FORMAT, "stage": stage, "settings": settings, "files": listed}
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode("ascii"))


def changed(old: bytes, new: bytes) -> list[str]:
    """The paths that were added, removed or changed between two manifests, sorted.

    If no file did but the settings did: ``(settings of stage "NAME")`` alone. Raises `FingerprintError` for
    bytes that are no manifest.
    """
    before, after = _unpack(old), _unpack(new)
    files: dict[str, str] = before["files"]
    others: dict[str, str] = after["files"]
    paths = sorted(name for name in files.keys() | others.keys() if files.get(name) != others.get(name))
    if not paths and before["settings"] != after["settings"]:
        return [f'(settings of stage "{after["stage"]}")']
    return [shown(path.encode("utf-8", "surrogateescape")) for path in paths]


def _unpack(data: bytes) -> dict[str, dict[str, str]]:
    try:
        found: dict[str, dict[str, str]] = json.loads(zlib.decompress(data))
    except (zlib.error, ValueError) as error:
        raise FingerprintError(f"a list of sources in the ledger is damaged ({error}); sync again") from None
    return found
