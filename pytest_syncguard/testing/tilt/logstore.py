"""Tilt's log: segments of spans, kept up to two megabytes, and what a client prints of them.

Segments, not lines, are what is kept: a line without an end is continued by the next text *of its span*,
even a build later. A client gets segments in batches and prints each batch as lines; what it printed it
cannot take back, so a line that ends in a later batch comes in two pieces.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MAX_BYTES = 2_000_000
_PREFIX_WIDTH = 13


def _one_by_one(fault: UnicodeError) -> tuple[str, int]:
    """Each bad byte becomes one replacement character, as in Go; Python takes several together."""
    assert isinstance(fault, UnicodeDecodeError)
    return "\ufffd" * (fault.end - fault.start), fault.end


codecs.register_error("syncguard-scripted-tilt", _one_by_one)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text of one span: a line, or the beginning or end of one."""

    span: str
    resource: str
    text: bytes
    init: bool = False  # announces a build
    error: bool = False  # only `tilt up` itself still knows the level

    @property
    def complete(self) -> bool:
        return self.text.endswith(b"\n")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is printed: text with its newline, if it has one."""

    span: str
    resource: str
    text: str
    init: bool = False


class LogStore:
    """Appends segments and hands them out from a cursor on; forgets the oldest above `MAX_BYTES`."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._offset = 0
        self._bytes = 0

    @property
    def end(self) -> int:
        """The cursor behind the last segment."""
        return self._offset + len(self._segments)

    def append(self, span: str, resource: str, text: bytes, *, init: bool = False, error: bool = False) -> None:
        """Add text to a span. What it has of newlines makes segments."""
        for piece in _split(text):
            self._segments.append(Segment(span, resource, piece, init, error))
        self._bytes += len(text)
        if self._bytes > MAX_BYTES:
            self._cut()

    def since(self, cursor: int) -> Sequence[Segment]:
        """The segments from the cursor on that are still kept."""
        return self._segments[max(0, cursor - self._offset) :]

    def _cut(self) -> None:
        """Forget the oldest text of the heaviest resources until half of the limit is left."""
        allowed = self._allowance()
        kept: list[Segment] = []
        for segment in reversed(self._segments):
            allowed[segment.resource] -= len(segment.text)
            if allowed[segment.resource] >= 0:
                kept.append(segment)
        self._offset += len(self._segments) - len(kept)
        self._segments = kept[::-1]
        self._bytes = sum(len(segment.text) for segment in kept)

    def _allowance(self) -> dict[str, int]:
        """How many bytes each resource may keep. Who began to speak earlier weighs more."""
        sizes: dict[str, int] = {}
        for segment in self._segments:
            sizes[segment.resource] = sizes.get(segment.resource, 0) + len(segment.text)
        weight = {name: len(sizes) - order for order, name in enumerate(sizes)}
        surplus = self._bytes - MAX_BYTES // 2
        while surplus > 0:
            heaviest = max(sizes, key=lambda name: weight[name] * sizes[name])
            cut = min(surplus, sizes[heaviest] - sizes[heaviest] // 2)
            sizes[heaviest] -= cut
            surplus -= cut
        return sizes


def _split(text: bytes) -> list[bytes]:
    """Lines that end in a newline only: a carriage return ends none."""
    pieces = [piece + b"\n" for piece in text.split(b"\n")]
    pieces[-1] = pieces[-1][:-1]
    return pieces if pieces[-1] else pieces[:-1]


class LogClient:
    """What one ``tilt logs`` prints: filters, tail, and the joining of pieces to lines.

    ``tail`` None means all; it counts for the first batch only. ``clock`` returns the RFC 3339 time to put
    into JSON lines: the time of printing.
    """

    def __init__(
        self,
        clock: Callable[[], str],
        resources: Sequence[str] = (),
        *,
        tail: int | None = None,
        as_json: bool = False,
        levels: bool = False,
    ) -> None:
        self.cursor = 0
        self._clock = clock
        self._resources = frozenset(resources)
        self._prefixed = len(self._resources) != 1 and not as_json
        self._tail = tail
        self._json = as_json
        self._levels = levels
        self._last: Segment | None = None

    def take(self, store: LogStore) -> bytes:
        """What is printed for everything that is new in the store. Empty: nothing is."""
        batch = store.since(self.cursor)
        self.cursor = store.end
        lines = [line for line in self._lines(batch) if not self._resources or line.resource in self._resources]
        if self._tail is not None:
            lines = lines[len(lines) - min(self._tail, len(lines)) :]
            self._tail = None
        if self._json:
            now = self._clock()
            return "".join(_json_line(line, now) for line in lines).encode()
        return "".join(line.text for line in lines).encode()

    def _lines(self, batch: Sequence[Segment]) -> Iterator[Line]:
        last, self._last = self._last, batch[-1] if batch else self._last
        if not batch:
            return
        continued = False
        if last is not None and not last.complete:
            continued = last.span == batch[0].span
            if not continued:
                yield Line(last.span, "", "\n")
        for number, (pieces, ended) in enumerate(_joined(batch)):
            yield from self._print(pieces, prefixed=self._prefixed and not (continued and number == 0), ended=ended)

    def _print(self, pieces: Sequence[Segment], *, prefixed: bool, ended: bool) -> Iterator[Line]:
        first = pieces[0]
        prefix = _prefix(first.resource) if prefixed else ""
        if first.init:
            yield Line(first.span, first.resource, f"{prefix}\n", init=True)
        level = "ERROR: " if first.error and self._levels else ""
        text = b"".join(piece.text for piece in pieces).decode("utf-8", "syncguard-scripted-tilt")
        end = "\n" if ended and not text.endswith("\n") else ""
        yield Line(first.span, first.resource, f"{prefix}{level}{text}{end}", init=first.init)


def _joined(batch: Sequence[Segment]) -> Iterator[tuple[list[Segment], bool]]:
    """The lines of a batch as lists of pieces, and whether something else is printed after each.

    A line that begins in the batch takes in all that continues it, however much later that comes.
    """
    lines: list[list[Segment]] = []
    open_lines: dict[str, list[Segment]] = {}
    for segment in batch:
        line = open_lines.pop(segment.span, None)
        if line is None:
            line = []
            lines.append(line)
        line.append(segment)
        if not segment.complete:
            open_lines[segment.span] = line
    for number, line in enumerate(lines):
        yield line, number < len(lines) - 1


def _prefix(resource: str) -> str:
    if resource in {"", "(Tiltfile)"}:
        return ""
    size = len(resource.encode())
    short = resource[: _PREFIX_WIDTH - 1] + "…" if size > _PREFIX_WIDTH else resource.rjust(_PREFIX_WIDTH)
    return f"{short} │ "


def _json_line(line: Line, now: str) -> str:
    document = {
        "time": now,
        "resource": line.resource,
        "level": "info",
        "message": line.text.removesuffix("\n"),
        "spanID": line.span,
        "progressID": "",
        "buildEvent": "init" if line.init else "",
        "source": "build" if line.span.startswith("build:") else "runtime",
    }
    return go_json(document) + "\n"


def go_json(document: object, indent: int | None = None) -> str:
    """JSON as Go writes it: only some characters are escaped, among them those that HTML minds."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(document, ensure_ascii=False, separators=separators, indent=indent)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
