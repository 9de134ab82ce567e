"""Documents of the metadata API in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_syncguard.errors import SyncguardError

REQUIRED = "required what syncguard airtable clone writes"


def read_document(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises `SyncguardError`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SyncguardError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, RecursionError) as error:
        raise SyncguardError(f"{path}: found no JSON ({error}), {REQUIRED}") from None
    if not isinstance(document, dict):
        raise SyncguardError(f"{path}: found no object, {REQUIRED}")
    return document
