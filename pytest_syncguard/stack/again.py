"""The log of a build, judged once more as the engine has it when it is asked afresh."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_syncguard.stack.drivers.base import TAIL_LEAD, Attempt, Rejoins, Reread
from pytest_syncguard.stack.watch import Finding, Judge, Patterns

BEFORE, AFTER = 20, 100  # lines around the first error that are kept
WAIT_MIN, WAIT_MAX = 1.0, 8.0  # seconds after which it is read again; longer each time
QUIET = 0.5  # seconds without another line, after which the last one is taken for complete
NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Again:
    """The signs in what was read. ``whole``: they are all signs that the build has given, and no others count."""

    errors: tuple[Finding, ...]
    succeeded: bool
    whole: bool
    text: bytes

    def excerpt(self) -> bytes:
        """The lines around the first error."""
        if not self.errors:
            return b""
        lines, first = self.text.splitlines(keepends=True), self.errors[0].line
        return b"\n--- read once more:\n" + b"".join(lines[max(0, first - BEFORE) : first + AFTER])

    def confirmed(self, errors: list[Finding]) -> list[Finding]:
        """What remains of errors that were found in the log as it came, where a line may have come in pieces: what
        is one when its line is whole. Each with the place where a piece of it stands in the log that is kept; 0 where
        none does.
        """
        joined = [
            replace(each, line=next((error.line for error in errors if error.text.strip() in each.text), 0))
            for each in self.errors
        ]
        if self.whole:
            return joined
        known = [each.text for each in joined]
        return [*joined, *(error for error in errors if not any(error.text.strip() in text for text in known))]


def read_again(attempt: Attempt, patterns: Patterns, tail: int) -> Again:
    """Ask the engine: for the whole log where it may have told lines in pieces, else for the last ``tail`` lines."""
    found = attempt.reread() if isinstance(attempt, Rejoins) else Reread(attempt.tail(tail))
    judge = Judge(patterns)
    findings = [*judge.feed(found.text), *judge.close()]
    errors = tuple(finding for finding in findings if finding.kind == "error")
    return Again(errors, len(errors) < len(findings), found.whole, found.text)


class Rereading:
    """When to read a log again of which lines may have come in pieces: the sign of success, or an error, may stand on
    a line of which each piece was innocent. ``pieces`` None: none come so, and it is never time.
    """

    def __init__(self, pieces: Rejoins | None) -> None:
        self._pieces = pieces
        self._wait = WAIT_MIN
        self._asked_at: float | None = None
        self.spoke_at = NEVER  # when the log last grew
        self.read_at = NEVER  # as of when all of it was read

    def due(self, now: float, since: float) -> float | None:
        """Called again and again since that time; when the engine was asked, once its answer is there to be read."""
        if self._pieces is None or self.spoke_at <= self.read_at:
            return None
        if self._asked_at is None:
            limit = self._wait if now - self.spoke_at >= QUIET else WAIT_MAX
            if now - max(since, self.read_at) >= limit:
                self._asked_at, self._wait = now, min(WAIT_MAX, 2 * self._wait)
                self._pieces.prepare_reread()
        elif now - self._asked_at >= TAIL_LEAD:
            asked_at, self._asked_at = self._asked_at, None
            return asked_at
        return None
