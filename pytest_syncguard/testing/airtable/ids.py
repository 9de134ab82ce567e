"""Airtable's ids: three letters that tell the kind, and fourteen of base 62."""

from __future__ import annotations

import random
import re
import string

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SOURCE = random.SystemRandom()


def new_id(prefix: str) -> str:
    """A new id of a kind, such as ``rec``."""
    return prefix + "".join(_SOURCE.choices(ALPHABET, k=14))


def is_id(text: object, prefix: str) -> bool:
    """Whether this is an id of that kind, by its looks."""
    return isinstance(text, str) and re.fullmatch(f"{prefix}[0-9A-Za-z]{{14}}", text) is not None
