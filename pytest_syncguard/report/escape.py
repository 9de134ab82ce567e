"""Text from logs and files, made harmless for where it is shown."""

from __future__ import annotations

import re

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Control characters, line separators, marks that turn the direction of writing, halves of surrogate pairs.
_CONTROL = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)")  # what GitHub Actions would carry out, from any output
_MARKDOWN = re.compile(r"[\\`*_~\[\]<>|@&#]")


def plain(text: str) -> str:
    """One line, without escape sequences, control characters and direction marks; tabs stay.

    Safe for a terminal, and for a log that GitHub Actions reads: there a line that begins with ``::``, or holds
    ``##[``, is a command.
    """
    line = _CONTROL.sub(" ", _ANSI.sub("", text))
    return _COMMAND.sub(lambda match: "## " if match[0] == "##" else f"{match[1]}: ", line)


def plain_lines(text: str) -> str:
    """`plain`, line by line."""
    return "\n".join(plain(line) for line in text.split("\n"))


def github_data(text: str) -> str:
    """As the message of a GitHub workflow command."""
    return plain_lines(text).replace("%", "%25").replace("\n", "%0A")


def github_property(text: str) -> str:
    """As a property (title, file) of a GitHub workflow command."""
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


def markdown_cell(text: str) -> str:
    """As the text of one cell of a Markdown table: no links, images, mentions, HTML."""
    return _MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", plain(text))


def xml_text(text: str) -> str:
    """Without what XML cannot hold at all."""
    return re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", plain_lines(text))
