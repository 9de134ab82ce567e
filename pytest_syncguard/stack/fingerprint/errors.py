"""What goes wrong while sources are looked at."""

from __future__ import annotations

from pytest_syncguard.errors import SyncguardError


class FingerprintError(SyncguardError):
    """The sources could not be looked at; nothing is known of them, and nothing is guessed."""


def shown(path: bytes) -> str:
    """A path for a sentence: one line, whatever bytes the name has."""
    text = path.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
