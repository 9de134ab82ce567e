"""Reads the frontmatter of a component's file: the part of YAML that such files use, line by line.

No YAML library: those stop at the first fault, and a component with a fault must still be found with all else that it
says, as Claude Code takes it, too. The one that everybody has would also need three seconds for 15,000 files. What is
no YAML, or more of YAML than this, is kept as it is written, with a warning at its line.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pytest_syncguard.registry.component import Value
from pytest_syncguard.registry.scalars import NotYaml, flow, plain, quoted_end, unquoted

AS_WRITTEN: Final = frozenset({"argument-hint"})  # [file] means just that, though YAML takes it for a list
_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s:#'"\[\]{},&*!|>%@`-](?:[^:#]|:(?=\S)|(?<=\S)#)*?)[ \t]*:(?:[ \t]+(.*))?$""")
_BLOCK = re.compile(r"([|>])([1-9][+-]?|[+-]?[1-9]?)(?:[ \t]+(?:#.*)?)?$")
_DASH = re.compile(r"-(?:[ \t]+|$)")


class Problem(NamedTuple):
    """What is wrong, and in which line of the file, counted from 1."""

    line: int
    text: str


class Frontmatter(NamedTuple):
    """What a file says of itself, and what is wrong with that. ``there``: it has frontmatter at all."""

    fields: dict[str, Value]
    problems: tuple[Problem, ...] = ()
    there: bool = True


def read_frontmatter(text: str) -> Frontmatter:
    """The frontmatter of a file with this text; never raises."""
    if not text.startswith("---") or text.partition("\n")[0].strip() != "---":
        return Frontmatter({}, (Problem(1, "no frontmatter: required a first line ---"),), there=False)
    end = re.search(r"^---[ \t]*\r?$", text[3:], re.MULTILINE)
    if end is None:
        head = re.split(r"\n[ \t]*\r?(?:\n|$)", text, maxsplit=1)[0]
        reader = _Reader(head.splitlines()[1:])
        unclosed = Problem(1, "frontmatter without its end: required a line --- behind it")
        return Frontmatter(reader.fields, (unclosed, *reader.problems))
    reader = _Reader(text[3 : end.start() + 3].split("\n")[1:])
    return Frontmatter(reader.fields, tuple(reader.problems))


class _Reader:
    """Reads the lines of a mapping, the first of which is line 2 of the file."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = [line.rstrip("\r") for line in lines]
        self._at = 0
        self.fields: dict[str, Value] = {}
        self.problems: list[Problem] = []
        while self._at < len(self._lines):
            self._entry()

    def _problem(self, at: int, text: str) -> None:
        self.problems.append(Problem(at + 2, text))

    def _entry(self) -> None:
        """One key with its value, which may go on in further lines."""
        at, line = self._at, self._lines[self._at]
        self._at += 1
        if not line.strip() or line.lstrip().startswith("#"):
            return
        if not (match := _KEY.match(line)):
            self._problem(at, "neither key: value nor the rest of a value")
            return
        key, first = _name(match[1]), (match[2] or "").strip()
        rest = self._rest(first)
        if key in self.fields:
            self._problem(at, f'key "{key}" a second time: the last counts')
        try:
            self.fields[key] = _value(first, rest, as_written=key in AS_WRITTEN)
        except NotYaml as error:
            self._problem(at, f"{key}: {error}")
            self.fields[key] = _best(first, rest)

    def _rest(self, first: str) -> list[str]:
        """The further lines of the value: those that are indented, and a list's, which need not be."""
        begin, dashes = self._at, not first
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip() and not line[0].isspace() and not (dashes and _DASH.match(line)):
                break
            self._at += 1
        return self._lines[begin : self._at]


def _value(first: str, rest: list[str], *, as_written: bool = False) -> Value:
    """The value that these lines write. Raises `NotYaml`."""
    if rest:
        while rest and not rest[-1].strip():
            rest = rest[:-1]
        if any("\t" in line[: _indent(line)] for line in rest if line.strip()):
            raise NotYaml("found a tab before the text, required blanks")
    if not first or first.startswith("#"):
        return _block(rest) if rest else ""
    if first[0] in "|>":
        return _block_scalar(first, rest)
    if first[0] in "\"'":
        return _quoted(first, rest)
    if first[0] in "[{":
        joined = " ".join([first, *(line.strip() for line in rest)])
        value, end = flow(joined, 0)
        if (behind := joined[end:]).strip() and not re.match(r"[ \t]+#", behind):
            raise NotYaml(
                f'found "{behind.strip()[:40]}" behind the closing {joined[end - 1]}, required quotes around all'
            )
        return joined[:end] if as_written else value
    return plain(_joined(first, rest) if rest else first)


def _joined(first: str, rest: list[str]) -> str:
    """The lines of a scalar without quotes as one: blanks join them, an empty line ends one."""
    lines = [first, *(line.strip() for line in rest)]
    while lines[-1].startswith("#") or not lines[-1]:
        lines.pop()
    text = ""
    for line in lines:
        if line.startswith("#") or (text and re.search(r"[ \t]#", text)):
            raise NotYaml("found a comment within a text, required quotes around the text")
        if line:
            text += f"{'' if not text or text.endswith(chr(10)) else ' '}{line}"
        else:
            text += "\n"
    return text


def _quoted(first: str, rest: list[str]) -> str:
    joined = "\n".join([first, *(line.strip() for line in rest)])
    end = quoted_end(joined)
    if (behind := joined[end:]).strip() and not re.match(r"[ \t]+#", behind):
        raise NotYaml(f'found "{behind.strip()[:40]}" behind the closing quote, required nothing more')
    return unquoted(joined[:end])


def _block_scalar(first: str, rest: list[str]) -> str:
    """A text in lines of its own, as ``|`` keeps and ``>`` folds them."""
    match = _BLOCK.match(first)
    if match is None:
        raise NotYaml(f'found "{first[:40]}", required {first[0]} alone, or quotes')
    digits = match[2].strip("+-")
    indents = [_indent(line) for line in rest if line.strip()]
    indent = int(digits) if digits else (indents[0] if indents else 0)
    if any(found < indent for found in indents):
        raise NotYaml("found a line that is indented less than the first, required all of a text indented alike")
    lines = [line[indent:] for line in rest]
    text = "\n".join(lines) if match[1] == "|" else _folded(lines)
    return text if "-" in match[2] or not text else f"{text}\n"


def _folded(lines: list[str]) -> str:
    """Lines joined by blanks; empty and further indented ones keep their ends."""
    text = ""
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else ""
        if not number:
            text = line
        elif not line.strip() or line[:1].isspace() or before[:1].isspace():
            text += f"\n{line}"
        else:
            text += line if text.endswith("\n") else f"{'' if not before.strip() else ' '}{line}"
    return text


def _block(lines: list[str]) -> Value:
    """A list, a mapping or a text in lines below its key."""
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("#")):
        lines = lines[1:]
    if not lines:
        return ""
    indent = _indent(lines[0])
    if any(_indent(line) < indent for line in lines if line.strip() and not line.lstrip().startswith("#")):
        raise NotYaml("found a line that is indented less than the first, required all alike")
    lines = [line[indent:] for line in lines]
    if _DASH.match(lines[0]):
        return [_item(item) for item in _groups(lines, _DASH)]
    if _KEY.match(lines[0]):
        return dict(_pair(item) for item in _groups(lines, _KEY))
    return _value(lines[0], [f" {line}" for line in lines[1:]])


def _groups(lines: list[str], begins: re.Pattern[str]) -> list[list[str]]:
    """The lines of each element, the first of which says that one begins."""
    groups: list[list[str]] = []
    for line in lines:
        if not line.strip():
            groups[-1].append("")
        elif line.startswith("#"):
            continue
        elif not line[0].isspace() and begins.match(line):
            groups.append([line])
        elif groups and (line[0].isspace() or _DASH.match(line)):
            groups[-1].append(line)
        else:
            raise NotYaml(f'found "{line[:40]}", required more of the same')
    return groups


def _item(lines: list[str]) -> Value:
    """One element of a list: a scalar, or a mapping or list that begins behind the dash."""
    dash = _DASH.match(lines[0])
    width = dash.end() if dash else 0
    first = lines[0][width:]
    if first and (_DASH.match(first) or (first[0] not in "\"'" and _KEY.match(first))):
        return _block([" " * width + first, *lines[1:]])
    return _value(first.strip(), lines[1:])


def _pair(lines: list[str]) -> tuple[str, Value]:
    match = _KEY.match(lines[0])
    if match is None:
        raise NotYaml(f'found "{lines[0][:40]}", required key: value')
    return _name(match[1]), _value((match[2] or "").strip(), lines[1:])


def _name(key: str) -> str:
    return key[1:-1] if key[0] in "\"'" else key


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _best(first: str, rest: list[str]) -> Value:
    """What somebody who wrote no YAML must have meant: a list where each line is an element, else the text."""
    lines = [line.strip() for line in (first, *rest) if line.strip()]
    if first.startswith("- ") and all(_DASH.match(line) for line in lines):
        return [line[1:].strip() for line in lines]
    return " ".join(lines)
