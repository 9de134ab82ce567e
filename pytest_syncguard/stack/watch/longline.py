"""A line too long to be held: it is judged in overlapping windows, so memory does not grow with it.

A window is about `PIECE` bytes. A match counts in the one window where it begins at least `CONTEXT` bytes
before the end (or anywhere, in the last), and every window begins `CONTEXT` bytes before the first place
where a match counts. So each match is found once, with at least `CONTEXT` bytes of text on either side of its
beginning; what needs to see farther than that (``a.*b`` with 4 KiB between a and b) is not found.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable

from pytest_syncguard.stack.watch.builtin import Opening
from pytest_syncguard.stack.watch.lines import CONTEXT, TEXT_LIMIT, decoded, plain_and_lower, shown
from pytest_syncguard.stack.watch.patterns import Hit, Patterns, Rule


class LongLine:
    """What is known so far of one long line."""

    def __init__(self, patterns: Patterns, harmless: Callable[[bytes], bool]) -> None:
        """`harmless`: whether a line that begins so belongs to a message that is no error."""
        self._patterns = patterns
        self._harmless = harmless
        self._raw = b""  # the beginning of an escape that may not be complete
        self._window = b""
        self._judged = 0  # matches that begin before this place in the window have been seen
        self._opening: Opening | None = None  # of the line, its place counted in the window
        self._ignored = False
        self._error: tuple[Hit, str] | None = None
        self._success: tuple[Hit, str] | None = None
        self.head = b""

    def push(self, piece: bytes) -> None:
        """Take the next piece of the line, raw, of about the size `PIECE`."""
        raw = self._raw + piece
        escape = raw.rfind(b"\x1b", len(raw) - CONTEXT // 4)
        cut = escape if escape > 0 else len(raw)
        self._raw = raw[cut:]
        self._take(plain_and_lower(raw[:cut])[0], last=False)

    def finish(self, rest: bytes) -> tuple[Hit, str] | None:
        """What the line is, now that it ended with `rest`, and the text around the sign."""
        self._take(plain_and_lower(self._raw + rest)[0], last=True)
        self._raw = b""
        return (None if self._ignored else self._error) or self._success

    def finish_copy(self, rest: bytes) -> tuple[Hit, str] | None:
        """What the line would be if it ended with `rest`."""
        return copy.copy(self).finish(rest)

    def _take(self, plain: bytes, *, last: bool) -> None:
        if len(self.head) < TEXT_LIMIT:
            self.head += plain[:TEXT_LIMIT]
        window = self._window + plain
        stop = len(window) if last else _char_start(window, len(window) - CONTEXT)
        if stop > self._judged or last:
            self._look(window, self._judged, stop)
        keep = _char_start(window, max(0, stop - CONTEXT))
        self._window, self._judged = window[keep:], max(stop, self._judged) - keep
        if self._opening is not None:
            self._opening = self._opening._replace(until=self._opening.until - keep)

    def _look(self, window: bytes, begin: int, stop: int) -> None:
        """Look for matches that begin in ``begin:stop``."""
        before, zone = decoded(window[:begin]), decoded(window[begin:stop])
        text = before + zone + decoded(window[stop:])
        span = len(before), len(before) + len(zone)
        self._ignored |= _first(self._patterns.ignore, text, span) is not None
        if self._error is None:
            found = _first(self._patterns.errors, text, span)
            if found:
                self._error = Hit("error", found[0]), shown(window, _bytes(text, found[1]))
            else:
                self._error = self._builtin_error(window, begin, stop)
        if self._success is None:
            found = _first(self._patterns.success, text, span)
            if found:
                self._success = Hit("success", found[0]), shown(window, _bytes(text, found[1]))

    def _builtin_error(self, window: bytes, begin: int, stop: int) -> tuple[Hit, str] | None:
        builtin = self._patterns.builtin_errors
        if builtin is None:
            return None
        lower = window.lower()
        if self._opening is None:
            opening = builtin.opening(lower, 0, len(lower))
            self._opening = opening._replace(free=opening.free or self._harmless(lower[:CONTEXT]))
        found = builtin.first(lower, begin, stop, self._opening)
        return (Hit("error", found[1]), shown(window, found[0])) if found else None


def _first(rules: Iterable[Rule], text: str, span: tuple[int, int]) -> tuple[str, int] | None:
    for rule in rules:
        match = rule.search(text, span[0])
        if match and (match.start() < span[1] or span[1] == len(text)):
            return rule.pattern, match.start()
    return None


def _bytes(text: str, chars: int) -> int:
    return len(text[:chars].encode())


def _char_start(data: bytes, at: int) -> int:
    """`at`, or a place at most three bytes before it where no UTF-8 character is cut."""
    at = max(0, at)
    return next(
        (
            place
            for place in range(at, max(0, at - 3), -1)
            if data[place : place + 1] < b"\x80" or data[place : place + 1] >= b"\xc0"
        ),
        at,
    )
