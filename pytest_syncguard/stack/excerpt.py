"""Which lines of a failed build's log are shown: those around its first error, each error with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_syncguard.stack.outcome import TAIL, Kind, Outcome
from pytest_syncguard.stack.watch import Finding
from pytest_syncguard.stack.watch.lines import plain_and_lower, shown, unify_line_ends

SHOWN = 20  # lines shown of a failure
BEFORE = 3  # lines that are shown before the one with the error
LOOKED = 500  # characters of a line that are looked at for a place
_TRACEBACK = re.compile(r"(.*)Traceback \(most recent call last\):\s*", re.DOTALL)
# Such as "  --> src/main.rs:3:5", "    src/app.ts:3:5:", "at lib/a.js(3,5)", 'File "a.py", line 3'.
_PLACE = re.compile(
    r"""\s*(?:(?:-->|:::|at\b.*|in|on|File|[╭┌]─+\[?)\s*[("']?)?[^\s"'()]+\.\w+["']?(?:[:(]|, line )\d"""
)


def cause(outcome: Outcome) -> Finding | None:
    """The first error; of a Python traceback its exception, which is the first line below that is not indented."""
    if not outcome.findings:
        return None
    first, lines = outcome.findings[0], outcome.lines
    traceback = _TRACEBACK.fullmatch(first.text)
    if traceback is None or first.text not in lines:
        return first
    prefix, at = traceback[1], lines.index(first.text)  # such as the name of a container
    for below, line in enumerate(lines[at + 1 :], 1):
        if line.startswith(prefix) and line[len(prefix) : len(prefix) + 1].strip():
            return replace(first, line=first.line and first.line + below, text=line)
    return first


def excerpt(outcome: Outcome, log: Path, room: int = SHOWN - 1) -> tuple[str, ...]:
    """The lines that matter, ``room`` at most, or the last ones where there is no error; in doubt all of the `TAIL`.

    ``log`` holds those that came before the ones that are still at hand.
    """
    lines = tuple(line for line in outcome.lines if line.strip())
    if outcome.kind is Kind.DOUBT:
        return lines[-TAIL:]
    if not outcome.findings:
        return lines[-room:]
    errors = [finding.text for finding in outcome.findings]
    if errors[0] not in lines:
        return tuple(_with_places(errors[: room + 1], log))[1 : room + 1]
    at = lines.index(errors[0])
    before, rest = lines[max(at - BEFORE, 0) : at], lines[at + 1 :]
    start = (*before, errors[0]) if before or cause(outcome) is not outcome.findings[0] else ()  # else told by itself
    room -= len(start)
    if errors[-1] in rest[room:]:  # such as the last line of a long traceback
        last = room + rest[room:].index(errors[-1])
        end = [errors[-1], *filter(is_place, rest[last + 1 : last + 2])]
        rest = (*rest[: room - 1 - len(end)], "…", *end)
    return (*start, *rest[:room])


def is_place(line: str) -> bool:
    """Whether a line says in which file and line something is, and hardly anything else."""
    return _PLACE.match(line[:LOOKED]) is not None


def _with_places(errors: Sequence[str], log: Path) -> Iterator[str]:
    """These lines of the log, in their order, each with the one below it where that is a place."""
    lines = _lines(log)
    for number, error in enumerate(errors):
        yield error
        for line in lines:
            if line == error:
                below = next(lines, "")
                if is_place(below) and below not in errors[number + 1 :]:
                    yield below
                break


def _lines(log: Path) -> Iterator[str]:
    """As a judge shows them; none of a log that cannot be read."""
    try:
        with log.open("rb") as file:
            for piece in file:
                for line in unify_line_ends(piece).splitlines():
                    yield shown(plain_and_lower(line)[0])
    except OSError:
        return
