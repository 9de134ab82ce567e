"""From the text of a regular expression to its nodes. What is wrong or unknown in it raises `Broken`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pytest_syncguard.testing.airtable.formulas.regex.nodes import (
    DIGIT,
    POSIX,
    SPACE,
    WORD,
    At,
    Chars,
    Either,
    Group,
    Node,
    Ranges,
    Repeat,
    Sequence,
    category,
    inverted,
)
from pytest_syncguard.testing.airtable.formulas.values import Broken

LONGEST = 2000  # characters
DEEPEST = 50  # groups in one another
MOST_GROUPS = 100
MOST = 1000  # of a repetition that is counted
CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
CLASSES = {"d": DIGIT, "w": WORD, "s": SPACE}
PLACES = {"A": "start", "z": "end", "b": "word", "B": "no word"}
COUNT = re.compile(r"\{([0-9]+)(,([0-9]*))?\}")
OPENING = re.compile(r"\?(?:P?<([A-Za-z_][A-Za-z0-9_]*)>|([imsU]*(?:-[imsU]+)?)([:)]))")


@dataclass
class Parser:
    """Reads one pattern; ``flags`` are those that hold at the moment."""

    pattern: str
    at: int = 0
    groups: int = 0
    depth: int = 0
    flags: set[str] = field(default_factory=set)

    def parse(self) -> Node:
        if len(self.pattern) > LONGEST:
            raise Broken
        found = self.either()
        if self.at < len(self.pattern) or self.groups > MOST_GROUPS:
            raise Broken  # a parenthesis too many
        return found

    def sees(self, said: str) -> bool:
        """Whether this comes next; if so, it is read."""
        if not self.pattern.startswith(said, self.at):
            return False
        self.at += len(said)
        return True

    def take(self) -> str:
        if self.at >= len(self.pattern):
            raise Broken
        self.at += 1
        return self.pattern[self.at - 1]

    def either(self) -> Node:
        branches = [self.sequence()]
        while self.sees("|"):
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else Either(tuple(branches))

    def sequence(self) -> Node:
        items: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            if self.sees(r"\Q"):
                end = self.pattern.find(r"\E", self.at)
                literal = self.pattern[self.at : end if end >= 0 else None]
                self.at = end + 2 if end >= 0 else len(self.pattern)
                items += [self.chars(((ord(each), ord(each)),)) for each in literal]
                if literal:
                    items.append(self.repeated(items.pop()))
            elif (atom := self.atom()) is not None:
                items.append(self.repeated(atom))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def repeated(self, item: Node) -> Node:
        if (bounds := self.bounds()) is None:
            return item
        least, limit = bounds
        greedy = self.sees("?") is ("U" in self.flags)
        if self.bounds() is not None:
            raise Broken  # one repetition after the other
        if not least <= (MOST if limit is None else limit) <= MOST:
            raise Broken
        if not _reads(item):  # once is as good as many times
            return Repeat(item, min(least, 1), 1, greedy)
        return Repeat(item, least, limit, greedy)

    def bounds(self) -> tuple[int, int | None] | None:
        for sign, known in {"*": (0, None), "+": (1, None), "?": (0, 1)}.items():
            if self.sees(sign):
                return known
        if not (found := COUNT.match(self.pattern, self.at)):
            return None
        self.at = found.end()
        least = int(found[1][:6])
        return least, least if found[2] is None else int(found[3][:6]) if found[3] else None

    def atom(self) -> Node | None:
        """None for what only sets flags."""
        char = self.take()
        if char == "(":
            return self.group()
        if char == "[":
            return self.chars(self.bracket())
        if char == "\\":
            return self.escaped()
        if char == ".":
            return Chars(inverted(() if "s" in self.flags else ((10, 10),)))
        if char in "^$":
            return At(("line " if "m" in self.flags else "") + ("start" if char == "^" else "end"))
        if char in "*+?":
            raise Broken  # nothing to repeat
        return self.chars(((ord(char), ord(char)),))

    def chars(self, ranges: Ranges) -> Chars:
        return Chars(ranges, "i" in self.flags)

    def group(self) -> Node | None:
        before, index = set(self.flags), 0
        if self.pattern.startswith("?", self.at):
            found = OPENING.match(self.pattern, self.at)
            if not found:
                raise Broken  # such as looking ahead, which RE2 has not
            self.at = found.end()
            if found[1] is None:
                on, _, off = found[2].partition("-")
                self.flags = (self.flags | set(on)) - set(off)
                if found[3] == ")":
                    return None
            else:
                self.groups += 1
                index = self.groups
        else:
            self.groups += 1
            index = self.groups
        return self.inner(before, index)

    def inner(self, before: set[str], index: int) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Broken
        item = self.either()
        if not self.sees(")"):
            raise Broken
        self.depth -= 1
        self.flags = before
        return Group(item, index) if index else item

    def escaped(self) -> Node:
        if self.pattern[self.at : self.at + 1] in PLACES:
            return At(PLACES[self.take()])
        return self.chars(self.escape())

    def escape(self) -> Ranges:
        """The characters that an escape stands for, after its backslash."""
        char = self.take()
        if char.lower() in CLASSES:
            ranges = CLASSES[char.lower()]
            return ranges if char.islower() else inverted(ranges)
        if char in "pP":
            ranges = self.category()
            return ranges if char == "p" else inverted(ranges)
        code = CONTROLS.get(char) if char != "x" else self.hexadecimal()
        if code is None and (char.isalnum() or ord(char) > 127):
            raise Broken  # such as \1: RE2 has no references back
        return ((ord(char) if code is None else code,) * 2,)

    def category(self) -> Ranges:
        name = self.take()
        if name == "{":
            name = self.until("}")
        if name.startswith("^"):
            return inverted(category(name[1:]))
        return category(name)

    def hexadecimal(self) -> int:
        said = self.until("}") if self.sees("{") else self.take() + self.take()
        if not re.fullmatch("[0-9A-Fa-f]{1,6}", said) or int(said, 16) > 0x10FFFF:
            raise Broken
        return int(said, 16)

    def until(self, sign: str) -> str:
        end = self.pattern.find(sign, self.at)
        if end < 0:
            raise Broken
        said, self.at = self.pattern[self.at : end], end + len(sign)
        return said

    def bracket(self) -> Ranges:
        negated, first = self.sees("^"), True
        found: list[tuple[int, int]] = []
        while first or not self.sees("]"):
            first = False
            if self.sees("[:"):
                found += self.posix()
                continue
            low = self.member()
            if self.pattern[self.at : self.at + 1] != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
                found += low
                continue
            self.at += 1
            found += self.span(low, self.member())
        return inverted(tuple(found)) if negated else tuple(found)

    def posix(self) -> Ranges:
        name = self.until(":]")
        ranges = POSIX.get(name.removeprefix("^"))
        if ranges is None:
            raise Broken
        return inverted(ranges) if name.startswith("^") else ranges

    def member(self) -> Ranges:
        char = self.take()
        return self.escape() if char == "\\" else ((ord(char), ord(char)),)

    def span(self, low: Ranges, high: Ranges) -> Ranges:
        (first, same), (last, likewise) = low[0], high[0]
        if len(low) > 1 or len(high) > 1 or first != same or last != likewise or first > last:
            raise Broken
        return ((first, last),)


def _reads(node: Node) -> bool:
    """Whether a character can be read by it."""
    match node:
        case Sequence(items) | Either(items):
            return any(map(_reads, items))
        case Group(item, _) | Repeat(item, _, _, _):
            return _reads(item)
        case _:
            return isinstance(node, Chars)
