"""Which literal text must stand in a line for a regular expression to match there.

`bytes.find` runs some fifty times as fast as a regular expression. A pattern whose every match holds one of a
few words is therefore only tried on the lines in which one of these words was found.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

SHORTEST: Final = 2
MOST: Final = 24  # with more words than this, looking for each costs more than trying the pattern itself

# What `re.IGNORECASE` takes for an ASCII letter though it is none: İ and ı for i, ſ for s, K (Kelvin) for k.
FOLDED: Final = tuple(char.encode() for char in "\u0130\u0131\u017f\u212a")

Words: TypeAlias = frozenset[str]


def required_literals(pattern: str, flags: int = 0) -> frozenset[bytes] | None:
    """Words in lower case of which every match of `pattern` holds at least one; None if there are none such.

    Right for text in lower case whatever the flags of the pattern; when it ignores case, the words may also
    be spelt with the characters in `FOLDED`.
    """
    try:
        parser = importlib.import_module("re._parser")
        words = _of_sequence(parser.parse(pattern, flags))
    except (ImportError, AttributeError, LookupError, TypeError, ValueError):
        return None  # another Python with another parser: slower, and still right
    if words is None or len(words) > MOST or min(map(len, words)) < SHORTEST:
        return None
    return frozenset(word.encode("ascii") for word in words)


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> Words | None:
    """The best words of a sequence: a run of single characters, or what one of its parts requires."""
    found: list[Words] = []
    run = ""
    for op, argument in items:
        name = str(op)
        if name in ("AT", "ASSERT", "ASSERT_NOT"):
            continue  # takes no text, so what stands before and after it still touches
        char = _single(name, argument)
        if char:
            run += char
            continue
        found.append(frozenset((run,)))
        run = ""
        part = _of_part(name, argument)
        if part:
            found.append(part)
    found.append(frozenset((run,)))
    best = max(found, key=lambda words: (min(map(len, words)), -len(words)))
    return best if all(best) else None


def _of_part(name: str, argument: Any) -> Words | None:
    if name == "SUBPATTERN":
        return _of_sequence(argument[-1])
    if name == "ATOMIC_GROUP":
        return _of_sequence(argument)
    if name.endswith("_REPEAT") and argument[0] >= 1:
        return _of_sequence(argument[2])
    if name == "BRANCH":
        branches = [_of_sequence(branch) for branch in argument[1]]
        if all(branches):
            return frozenset().union(*(branch for branch in branches if branch))
    return None


def _single(name: str, argument: Any) -> str:
    """The lower-case ASCII character that this part of a pattern stands for, or nothing."""
    if name == "LITERAL" and argument < 128:
        return chr(argument).lower()
    if name == "IN" and all(str(op) == "LITERAL" and char < 128 for op, char in argument):
        chars = {chr(char).lower() for _, char in argument}
        return chars.pop() if len(chars) == 1 else ""
    return ""


def shortened(words: Iterable[bytes], common: Sequence[bytes]) -> frozenset[bytes]:
    """`words`, each replaced by the first of `common` that it holds, so that fewer must be looked for."""
    return frozenset(next((short for short in common if short in word), word) for word in words)
