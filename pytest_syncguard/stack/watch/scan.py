"""Finding the few lines of a block that matter, without splitting or decoding the others.

Every rule has words without one of which it cannot match. Each word is looked for in the whole block at once
with `bytes.find`; only where it stands is the rule tried, and only where a rule holds is the line judged in
full by `Patterns.judge`, which has the last word. So a block gives what its lines one by one would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pytest_syncguard.stack.watch.builtin import Builtin, Sign
from pytest_syncguard.stack.watch.lines import decoded
from pytest_syncguard.stack.watch.literals import FOLDED, shortened
from pytest_syncguard.stack.watch.messages import Messages
from pytest_syncguard.stack.watch.patterns import Hit, Patterns, Rule

_RARE: Final = b"!'*`\x96\x97"


@dataclass(slots=True)
class Word:
    """A word to look for, and what to try on a line that holds it."""

    text: bytes
    sign: Sign | None = None
    rules: list[Rule] = field(default_factory=list)
    rare: bytes = field(init=False)  # a byte of the word that few blocks hold, found ten times as fast

    def __post_init__(self) -> None:
        self.rare = bytes(byte for byte in self.text if byte in _RARE)[:1]


class Scanner:
    """Finds what `patterns` make of the lines of a block."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._builtin: Builtin | None = patterns.builtin_errors
        rules = patterns.errors + patterns.success
        self._words = _words(self._builtin, [rule for rule in rules if rule.words])
        self._loose = [rule for rule in rules if not rule.words]
        caseless = [rule for rule in rules if rule.words and rule.caseless]
        self._inside = False  # a message that is no error
        self._folded = [Word(text, rules=caseless) for text in FOLDED] if caseless else []

    def scan(self, plain: bytes, lower: bytes) -> Iterator[tuple[int, int, int, Hit]]:
        r"""Number (from 0), start and end of each line that is a sign, with what it is, in order.

        `plain` is a block without escapes in which every line ends with ``\n``; `lower`: in lower case.
        """
        number = last = 0
        messages = Messages(lower, inside=self._inside)
        for start in sorted(self._candidates(plain, lower)):
            end = lower.find(b"\n", start)
            hit = self._patterns.judge(plain[start:end], lower[start:end], harmless=messages.harmless(start))
            if hit:
                number += lower.count(b"\n", last, start)
                last = start
                yield number, start, end, hit

    def go_on(self, lower: bytes) -> None:
        """What comes next comes after `lower`, whose last line may begin a message that is no error."""
        self._inside = Messages(lower, inside=self._inside).go_on()

    def harmless(self, lower: bytes) -> bool:
        """Whether the line `lower`, were it the next, would be text of a message that is no error."""
        return Messages(lower + b"\n", inside=self._inside).harmless(0)

    def _candidates(self, plain: bytes, lower: bytes) -> set[int]:
        """Where lines begin that may be signs."""
        found: set[int] = set()
        words = self._words if lower.isascii() else [*self._words, *self._folded]
        spoken = self._builtin.spoken(lower) if self._builtin else set()
        for word in words:
            if word.sign and not word.rules and word.text not in spoken:
                continue
            at = lower.find(word.text) if word.rare in lower else -1
            while at >= 0:
                end = lower.find(b"\n", at)
                if word.rules or word.sign is None:
                    at = self._try_rules(word, plain, lower, at, end, found)
                elif word.sign.any.match(lower, at, end) and self._means_it(word.sign, lower, at, end, found):
                    at = end
                at = lower.find(word.text, at + 1)
        if self._loose:
            found.update(_matching(self._loose, plain))
        return found

    def _means_it(self, sign: Sign, lower: bytes, at: int, end: int, found: set[int]) -> bool:
        start = lower.rfind(b"\n", 0, at) + 1
        builtin = self._builtin
        opening = builtin.opening(lower, start, end) if builtin else None
        if builtin is None or opening is None or opening.until >= end:
            return True  # so that the rest of the line is passed over
        if not builtin.counts(sign, lower, start, end, at, opening):
            return False
        found.add(start)
        return True

    def _try_rules(self, word: Word, plain: bytes, lower: bytes, at: int, end: int, found: set[int]) -> int:
        """Try everything that goes with `word` on the line around `at`; where to go on."""
        start = lower.rfind(b"\n", 0, at) + 1
        text = decoded(plain[start:end])
        if any(rule.search(text) for rule in word.rules):
            found.add(start)
        while word.sign and 0 <= at < end:
            if word.sign.any.match(lower, at, end) and self._means_it(word.sign, lower, at, end, found):
                break
            at = lower.find(word.text, at + 1, end)
        return end


def _words(builtin: Builtin | None, rules: Iterable[Rule]) -> list[Word]:
    """The words to look for. A word that holds a built-in one is looked for as that one."""
    words = {sign.word: Word(sign.word, sign) for sign in (builtin.signs if builtin else ())}
    common = tuple(words)
    for rule in rules:
        for text in shortened(rule.words or (), common):
            words.setdefault(text, Word(text)).rules.append(rule)
    return list(words.values())


def _matching(rules: Iterable[Rule], plain: bytes) -> Iterator[int]:
    """Where lines begin on which one of `rules` holds, each line tried."""
    start = 0
    for line in plain.split(b"\n")[:-1]:
        text = decoded(line)
        if any(rule.search(text) for rule in rules):
            yield start
        start += len(line) + 1
