"""What is wrong with a text that is no TOML, in words for whoever wrote it."""

from __future__ import annotations

import re

# How the parser's words begin, what they mean, and what has to stand there instead.
WORDS = (
    ("Invalid value", "no value of TOML", "text in quotes, a number, true or false, or a list in brackets"),
    ("Unescaped '\\' in a string", "a backslash in double quotes", r"single quotes, as in '\d+'"),
    ("Illegal character '\\n'", "text without its closing quote", "one in the same line"),
    ("Unterminated string", "text without its closing quote", "one"),
    ("Expected ']'", "a table without its closing bracket", "[table] or [[table]]"),
    ("Unclosed array", "a list without its closing bracket", "a ]"),
    ("Cannot overwrite a value", "a key a second time", "each key once in its table"),
    ("Cannot declare", "a table a second time", "each [table] once, and [[stack.stage]] for each stage"),
    ("Expected '='", "a key without a value", "key = value"),
    ("Invalid statement", "neither a key nor a table", "key = value, [table] or [[table]]"),
    ("Expected newline or end of document", "more behind a value", "one key = value in each line"),
)
PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def explained(said: str, text: str) -> str:
    """The parser's complaint about a text, as ``line 2, column 10: found …, required …``."""
    where = ""
    if place := PLACE.search(said):
        said = said[: place.start()]
        line, column = place.groups(default="")
        where = f"line {line}, column {column}: " if line else f"line {len(text.splitlines())}, at the end: "
    for words, found, required in WORDS:
        if said.startswith(words):
            return f"{where}found {found}, required {required}"
    return f"{where}found {said}, required TOML"
