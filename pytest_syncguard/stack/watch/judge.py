"""Judging a log while it is written: bytes in, signs of error and success out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.stack.watch.history import History
from pytest_syncguard.stack.watch.lines import (
    PIECE,
    plain_and_lower,
    shown,
    split_at_last_line_end,
    unify_line_ends,
)
from pytest_syncguard.stack.watch.longline import LongLine
from pytest_syncguard.stack.watch.patience import PATIENCE
from pytest_syncguard.stack.watch.patterns import Hit, Kind, Patterns
from pytest_syncguard.stack.watch.scan import Scanner


@dataclass(frozen=True, slots=True)
class Finding:
    """A line that is a sign: which line (from 1) of what the judge was fed, its text, and which pattern."""

    kind: Kind
    line: int
    text: str
    pattern: str


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What the patterns make of a whole log. Healthy: no error, and success where success has a sign."""

    healthy: bool
    first_error: Finding | None
    success: Finding | None
    lines: int


class Judge:
    r"""Reads a log in chunks of any size, in memory that does not grow with it.

    Lines end with ``\n``, ``\r\n`` or a lone ``\r``. A line is judged once, when it ends; `peek` tells what
    the half line at the end would be if nothing came after it. The same bytes give the same findings,
    however they are cut into chunks.
    """

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._scanner = Scanner(patterns)
        self._history = History()
        self._pending = bytearray()
        self._long: LongLine | None = None
        self._after_return = False
        self.lines = 0
        self.errors = 0
        self.first_error: Finding | None = None
        self.success: Finding | None = None

    @property
    def succeeded(self) -> bool:
        """Whether a sign of success has been seen."""
        return self.success is not None

    @property
    def last_line(self) -> str:
        """The last line that is not blank, half or whole, for a live display."""
        half = self._half_line()
        return half if half.strip() else self._history.last_visible

    def feed(self, data: bytes) -> list[Finding]:
        """Take the next bytes; the signs in the lines that they complete, errors first, each by line."""
        found: list[Finding] = []
        for start in range(0, len(data), PIECE):
            with PATIENCE.limited():
                found += self._take(bytes(data[start : start + PIECE]))
        return sorted(found, key=lambda finding: finding.kind != "error")

    def peek(self) -> list[Finding]:
        """What the half line at the end would be if it ended here. Nothing is consumed."""
        rest = bytes(self._pending)
        with PATIENCE.limited():
            if self._long is not None:
                hit = self._long.finish_copy(rest)
                return [self._finding(hit[0], hit[1], self.lines)] if hit else []
            return self._scan(*plain_and_lower(rest + b"\n")) if rest else []

    def close(self) -> list[Finding]:
        """The log is over: judge the last line if it has no line end."""
        self._after_return = False
        return self.feed(b"\n") if self._pending or self._long is not None else []

    def tail(self, n: int = 100) -> list[str]:
        """The last `n` lines (at most 200), without escapes, the half line at the end among them."""
        half = self._half_line()
        return [*self._history.last(n), half][-n:] if half and n > 0 else self._history.last(n)

    def _half_line(self) -> str:
        plain = self._long.head if self._long is not None else plain_and_lower(bytes(self._pending))[0]
        return shown(plain)

    def _take(self, chunk: bytes) -> list[Finding]:
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._after_return = False
        if not chunk:
            return []
        self._after_return = chunk.endswith(b"\r")
        whole, rest = split_at_last_line_end(chunk)
        found = self._whole_lines(unify_line_ends(whole)) if whole else []
        self._pending += rest
        self._cut_pending()
        return found

    def _whole_lines(self, block: bytes) -> list[Finding]:
        """Judge a block whose first line is the rest of the pending one."""
        found: list[Finding] = []
        end = block.index(b"\n")
        if self._long is not None or len(self._pending) + end > PIECE:
            self._pending += block[:end]
            self._cut_pending()
            found += self._end_long_line()
            block = block[end + 1 :]
        elif self._pending:
            block = bytes(self._pending) + block
            self._pending.clear()
        return found + self._record(self._block(block)) if block else found

    def _cut_pending(self) -> None:
        while len(self._pending) > PIECE:
            self._long = self._long or LongLine(self._patterns, self._scanner.harmless)
            self._long.push(bytes(self._pending[:PIECE]))
            del self._pending[:PIECE]

    def _end_long_line(self) -> list[Finding]:
        line = self._long or LongLine(self._patterns, self._scanner.harmless)
        hit = line.finish(bytes(self._pending))
        self._pending.clear()
        self._long = None
        self._history.add(line.head + b"\n", 1)
        self._scanner.go_on(line.head.lower() + b"\n")
        self.lines += 1
        return self._record([self._finding(hit[0], hit[1], self.lines - 1)] if hit else [])

    def _block(self, block: bytes) -> list[Finding]:
        plain, lower = plain_and_lower(block)
        found = self._scan(plain, lower)
        self._scanner.go_on(lower)
        lines = lower.count(b"\n")
        self._history.add(plain, lines)
        self.lines += lines
        return found

    def _scan(self, plain: bytes, lower: bytes) -> list[Finding]:
        return [
            self._finding(hit, shown(plain[start:end], hit.at), self.lines + number)
            for number, start, end, hit in self._scanner.scan(plain, lower)
        ]

    def _finding(self, hit: Hit, text: str, index: int) -> Finding:
        return Finding(hit.kind, index + 1, text, hit.pattern)

    def _record(self, found: list[Finding]) -> list[Finding]:
        for finding in found:
            if finding.kind == "error":
                self.errors += 1
                self.first_error = self.first_error or finding
            else:
                self.success = self.success or finding
        return found


def judge_file(source: str | Path | BinaryIO, patterns: Patterns) -> FileVerdict:
    """What `patterns` make of a saved log, a path or a binary stream.

    Raises `SyncguardError` when the file cannot be read.
    """
    judge = Judge(patterns)
    try:
        with _opened(source) as stream:
            while data := stream.read(16 * PIECE):
                judge.feed(data)
    except OSError as fault:
        name = source if isinstance(source, (str, Path)) else "the log"
        raise SyncguardError(f"cannot read {name}: {fault.strerror or fault}") from None
    judge.close()
    healthy = judge.first_error is None and (judge.succeeded or not patterns.success)
    return FileVerdict(healthy, judge.first_error, judge.success, judge.lines)


@contextmanager
def _opened(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, (str, Path)):
        with Path(source).open("rb") as stream:
            yield stream
    else:
        yield source
