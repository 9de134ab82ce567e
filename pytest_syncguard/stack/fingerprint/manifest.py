"""Which files a fingerprint was made of, small enough for the ledger, and how two such lists differ."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from pytest_syncguard.stack.fingerprint.content import key
from pytest_syncguard.stack.fingerprint.errors import FingerprintError, shown
from pytest_syncguard.stack.fingerprint.tally import State, weight

FORMAT: Final = 1
SETTINGS: Final = "(settings of stage "  # begins what stands for files where none is to be named, as does
GIT: Final = "(git)"
SHORT: Final = 12  # hex digits a file: enough to tell that it changed, few enough to keep


def pack(stage: str, settings: str, files: Mapping[bytes, State]) -> bytes:
    """A manifest of the stage: the digest of its settings, and of each file by path."""
    listed = {key(path): f"{weight(path, *state):064x}"[:SHORT] for path, state in sorted(files.items())}
    ids = min((len(blob) for _, blob in files.values()), default=0)  # git's are shorter than those without it
    data = {"format": FORMAT, "stage": stage, "settings": settings, "files": listed, "ids": ids}
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode("ascii"))


def changed(old: bytes, new: bytes) -> list[str]:
    """The paths that were added, removed or changed between two manifests, sorted.

    If none did, or the settings did and with them perhaps which files count: ``(settings of stage "NAME")`` alone. If
    git keeps the files now and did not, or the other way round, nobody can tell: ``(git)`` alone. Raises
    `FingerprintError` for bytes that are no manifest.
    """
    before, after = _unpack(old), _unpack(new)
    if before["files"] and after["files"] and before.get("ids", after["ids"]) != after["ids"]:
        return [GIT]
    files: dict[str, str] = before["files"]
    others: dict[str, str] = after["files"]
    set_anew = before["settings"] != after["settings"]
    candidates = files.keys() & others.keys() if set_anew else files.keys() | others.keys()
    paths = sorted(name for name in candidates if files.get(name) != others.get(name))
    if not paths and set_anew:
        return [f'{SETTINGS}"{after["stage"]}")']
    return [shown(path.encode("utf-8", "surrogateescape")) for path in paths]


def _unpack(data: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(zlib.decompress(data))
    except (zlib.error, ValueError) as error:
        raise FingerprintError(f"a list of sources in the ledger is damaged ({error}); sync again") from None
    return found
