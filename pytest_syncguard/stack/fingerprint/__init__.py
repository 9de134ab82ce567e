"""What a stage would be built from now: a digest over its sources and its own settings."""

from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprint, Fingerprinter, only_settings_differ
from pytest_syncguard.stack.fingerprint.manifest import changed

__all__ = ["Fingerprint", "FingerprintError", "Fingerprinter", "changed", "only_settings_differ"]
