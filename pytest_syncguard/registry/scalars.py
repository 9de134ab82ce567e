"""Scalars and flow collections of YAML: ``plain text``, ``"quoted"``, ``[a, b]``, ``{a: b}``."""

from __future__ import annotations

import re
from typing import Final

from pytest_syncguard.registry.component import Value

_PLAIN_END = re.compile(r"[\[\]{},]|:(?=[\s,\[\]{}]|$)|[ \t]#")
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\n[ \t]*|.)", re.DOTALL)
_ESCAPES: Final = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_RESERVED = "&*!%@`"
DEEPEST: Final = 50  # collections within collections


class NotYaml(Exception):
    """What was found and what is required; the text is no YAML, or more of YAML than is read here."""


def plain(text: str) -> str:
    """A scalar without quotes, which must not look like anything else."""
    if text[0] in _RESERVED or text[0] in ",]}" or text[:2] in ("- ", "? ", ": ") or text in ("-", "?", ":"):
        raise NotYaml(f'found "{text[0]}" before a text, required quotes around the text')
    if "#" in text:
        text = re.split(r"[ \t]+#", text, maxsplit=1)[0]
    if ":" in text and (": " in text or ":\t" in text or text[-1] == ":"):
        raise NotYaml('found ": " within a text, required quotes around the text')
    return "" if text in ("~", "null", "Null", "NULL") else text.rstrip()


def quoted_end(text: str) -> int:
    """Where the quoted scalar that the text begins with ends. Raises `NotYaml`."""
    form = r'"(?:[^"\\]|\\.)*"' if text[0] == '"' else r"'(?:[^']|'')*'"
    match = re.match(form, text, re.DOTALL)
    if match is None:
        raise NotYaml(f"found no closing {text[0]}, required one")
    return match.end()


def unquoted(text: str) -> str:
    """What a quoted scalar says; lines are joined by blanks."""
    inner = text[1:-1]
    if "\n" in inner:
        inner = re.sub(r"(?<!\\)[ \t]*\n(\n*)", lambda match: match[1] or " ", inner)
    if text[0] == "'":
        return inner.replace("''", "'")
    return _ESCAPE.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            raise NotYaml(f'found "\\{code}", required the number of a character')
        return chr(number)
    if code[0] == "\n":
        return ""
    if code not in _ESCAPES:
        raise NotYaml(f'found "\\{code}" within double quotes, required \\\\ for a backslash')
    return _ESCAPES[code]


def flow(text: str, at: int, depth: int = 0) -> tuple[Value, int]:
    """The value that begins at an index of the text, and the index behind it. Raises `NotYaml`."""
    if depth > DEEPEST:
        raise NotYaml(f"found more than {DEEPEST} brackets within each other, required fewer")
    at = _blanks(text, at)
    if at >= len(text):
        raise NotYaml("found no closing bracket, required one")
    if text[at] == "[":
        return _sequence(text, at + 1, depth)
    if text[at] == "{":
        return _mapping(text, at + 1, depth)
    if text[at] in "\"'":
        end = at + quoted_end(text[at:])
        return unquoted(text[at:end]), end
    match = _PLAIN_END.search(text, at)
    end = match.start() if match else len(text)
    if not (scalar := text[at:end].strip()) or scalar[0] == "#":
        raise NotYaml(f'found "{text[at]}" in the place of a value, required quotes around the text')
    return plain(scalar), end


def _sequence(text: str, at: int, depth: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    while (at := _blanks(text, at)) < len(text):
        if text[at] == "]":
            return items, at + 1
        item, at = flow(text, at, depth + 1)
        at = _blanks(text, at)
        if text[at : at + 1] == ":" and isinstance(item, str):  # [key: value] is a list of one mapping
            value, at = flow(text, at + 1, depth + 1)
            item, at = {item: value}, _blanks(text, at)
        items.append(item)
        at = _next(text, at, "]")
    raise NotYaml("found no closing ], required one")


def _mapping(text: str, at: int, depth: int) -> tuple[dict[str, Value], int]:
    fields: dict[str, Value] = {}
    while (at := _blanks(text, at)) < len(text):
        if text[at] == "}":
            return fields, at + 1
        key, at = flow(text, at, depth + 1)
        if not isinstance(key, str):
            raise NotYaml("found a collection in the place of a key, required a text")
        at = _blanks(text, at)
        fields[key] = ""
        if text[at : at + 1] == ":":
            at = _blanks(text, at + 1)
            if text[at : at + 1] not in (",", "}"):
                fields[key], at = flow(text, at, depth + 1)
        at = _next(text, _blanks(text, at), "}")
    raise NotYaml("found no closing }, required one")


def _next(text: str, at: int, close: str) -> int:
    """Behind the comma, or at the closing bracket."""
    if text[at : at + 1] == ",":
        return at + 1
    if at >= len(text):
        raise NotYaml(f"found no closing {close}, required one")
    if text[at] != close:
        raise NotYaml(f'found "{text[at : at + 20]}", required a comma or {close}')
    return at


def _blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
