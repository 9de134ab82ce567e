"""Which lines of Tilt's log belong to which build of a resource.

Tilt keeps one log for a resource, old builds included, and its spans do not part them: the output of every
build command carries the same span, and lines of the old process come in while the new one is built. What
parts them is order: each build opens with an ``init`` line that carries its number, each served process with
the echo of its command. A `BuildBook` follows those marks and keeps the lines of the newest build alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_syncguard.stack.drivers.base import Reread
from pytest_syncguard.stack.drivers.tilt.client import Entry
from pytest_syncguard.stack.drivers.tilt.compose import Service

# Tilt echoes each command before it runs it. The echo may hold any sign, so it is never one.
ECHO = "Running cmd: "


@dataclass(slots=True)
class Section:
    """The lines of one build, as they come."""

    number: int
    lines: list[str]
    serving: set[str]  # spans of the processes that this build brought up
    deployed: bool = False  # compose has begun to start the new container
    echoed: bool = False  # the build's command was shown
    adopted: bool = False  # the mark that opens it was lost, and maybe more
    count: int = 0  # how many lines the resource's log has since its mark, those of others included

    def take(self) -> bytes:
        """The lines that came since the last call, as log text."""
        text = "".join(line + "\n" for line in self.lines)
        self.lines.clear()
        return text.encode(errors="replace")


class BuildBook:
    """Sorts the log of one resource into builds; only the newest is kept. ``service``: what it is in compose."""

    def __init__(self, number: int = 0, service: Service | None = None) -> None:
        self._service = service or Service()
        self.section = Section(number, [], set())
        self._seen: set[str] = set()

    def add(self, entries: Iterable[Entry]) -> None:
        """Take log entries of this resource, in the order in which Tilt gave them."""
        for entry in entries:
            if entry.span.startswith("build:"):
                self._build_line(entry)
            elif self._belongs(entry):
                self.section.lines.append(entry.message)
            self.section.count += 1

    def expect(self) -> None:
        """A trigger comes next: what was written before it is nobody's any more."""
        self.section.lines.clear()
        self.section.serving.clear()

    def adopt(self, number: int) -> None:
        """The opening mark of this build was lost, as happens when Tilt cuts a log that grows by megabytes a
        second; whatever came since `expect` is the build's.
        """
        self.section.number = number
        self.section.adopted = True

    def finish(self) -> None:
        """The newest build has passed: whatever a container writes from now on is the new one's."""
        self.section.deployed = True

    def _build_line(self, entry: Entry) -> None:
        digits = entry.span.partition(":")[2]
        number = int(digits) if digits.isdigit() else 0
        if entry.event == "init":
            if number > self.section.number:
                self.section = Section(number, [], set())
            return  # what caused the build: "CLI Trigger", "1 File Changed: error.rs"
        if number == self.section.number:
            self.section.deployed |= self._service.starts(entry.message)
            self.section.lines.append(entry.message)

    def _belongs(self, entry: Entry) -> bool:
        if entry.message.startswith(ECHO) or (ECHO in entry.message and self._opens(entry.span)):
            self.section.echoed = True
            if entry.span.startswith("localserve:"):
                self.section.serving.add(entry.span)
            return False
        if entry.span.startswith("localserve:"):
            return entry.span in self.section.serving
        if entry.span.startswith("dc:"):
            return self.section.deployed
        if entry.span.startswith("pod:"):
            return self._new_pod(entry.span)
        return True

    def _opens(self, span: str) -> bool:
        """Whether the echo is due. What an older build left without a newline stands before it, on its line."""
        if span.startswith("localserve:"):
            return span not in self.section.serving
        return span.startswith("cmd:") and not self.section.echoed

    def _new_pod(self, span: str) -> bool:
        """A pod that first speaks during a build is that build's; one known before is its predecessor."""
        if span not in self._seen:
            self._seen.add(span)
            self.section.serving.add(span)
        return span in self.section.serving


def newest_build(entries: Iterable[Entry], section: Section) -> Reread:
    """Of a log read afresh, the lines that belong to ``section``'s build.

    It is whole if it begins with the build's mark: what Tilt forgets of a log is its beginning. That of a container
    never is: its next one goes on with the last line of the one before it, wherever that stands.
    """
    book, whole = BuildBook(section.number), False
    book.section.serving = set(section.serving)
    book.section.deployed = section.deployed
    for entry in entries:
        if entry.event == "init" and entry.span == f"build:{section.number}":
            book.section.lines.clear()  # what stood before the mark is an older build's
            book.section.serving = set(section.serving)  # as is whoever started there, and still speaks
            book.section.echoed = section.echoed  # on the line of an older build that had no end, before the mark
            whole = True
        whole = whole and not entry.span.startswith("dc:")
        book.add([entry])
    return Reread(book.section.take(), whole) if book.section.number == section.number else Reread(b"")
