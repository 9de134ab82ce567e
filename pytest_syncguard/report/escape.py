"""Text from logs and files, made harmless for where it is shown."""

from __future__ import annotations

import re

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Without escape sequences, control characters and direction marks: safe for a terminal; tabs stay."""
    return _CONTROL.sub(" ", _ANSI.sub("", text.replace("\r", " ")))


def github_data(text: str) -> str:
    """As the message of a GitHub workflow command."""
    return plain_lines(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def github_property(text: str) -> str:
    """As a property (title, file) of a GitHub workflow command."""
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


def plain_lines(text: str) -> str:
    """`plain`, line by line."""
    return "\n".join(plain(line) for line in text.split("\n"))


def xml_text(text: str) -> str:
    """Without what XML cannot hold at all."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", plain_lines(text))
