"""Which files a stage covers: globs over paths, relative to the project's folder, as bytes.

``*`` and ``?`` stay within a name, ``**`` spans folders, ``[...]`` is a class of characters, a backslash
takes the next character literally. What matches a folder also covers all that is below it, so that ``src``,
``src/`` and ``src/**`` mean the same. A leading ``!`` takes out what the others bring in, wherever it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

WILD = re.compile(r"[*?\[\\]")
OURS = re.compile(rb"\.syncguard(/.*)?|logs/(sync-error-[^/]*\.log|\.gitignore)", re.DOTALL)
CACHES = frozenset({b"__pycache__", b".pytest_cache"})  # folders that running a program or its tests writes


def ours(path: bytes) -> bool:
    """Whether syncguard itself writes this file: it never counts, whether git ignores it or not."""
    return OURS.fullmatch(path) is not None


def cached(path: bytes) -> bool:
    """Whether Python or pytest keeps there what it made of the sources: Python takes nothing from a ``__pycache__``
    whose source is gone. A ``.pyc`` anywhere else may be all that there is of a module, and counts.
    """
    return not CACHES.isdisjoint(path.split(b"/"))


def _class(body: str) -> str:
    """What stands between brackets as a regular expression; a range that is none stands for itself."""
    negated = body[0] in "!^"
    inner = re.sub(r"([\\\[\]&~|^])", r"\\\1", body[1:] if negated else body).replace("--", r"-\-")
    text = f"[^/{inner}]" if negated else f"(?!/)[{inner}]"
    try:
        re.compile(text)
    except re.error:
        return re.escape(f"[{body}]")
    return text


def _component(text: str) -> str:
    """One name of a glob as a regular expression."""
    parts, at = [], 0
    while at < len(text):
        char, at = text[at], at + 1
        if char == "*":
            parts.append("[^/]*")
        elif char == "?":
            parts.append("[^/]")
        elif char == "\\" and at < len(text):
            parts.append(re.escape(text[at]))
            at += 1
        elif char == "[" and (end := text.find("]", at + 1 + (text[at : at + 1] in ("!", "^")))) > 0:
            parts.append(_class(text[at:end]))
            at = end + 1
        else:
            parts.append(re.escape(char))
    return "".join(parts)


def translate(glob: str) -> str:
    """A glob as a regular expression over a whole path, what is below a match included."""
    names = [name for name in glob.split("/") if name not in ("", ".")]
    while names and names[-1] == "**":
        names.pop()
    pattern = "".join("(?:[^/]+/)*" if name == "**" else _component(name) + "/" for name in names)
    return pattern.removesuffix("/") + "(?:/.*)?" if names else ".*"


class Glob(NamedTuple):
    """One entry of ``sources``."""

    text: str
    excludes: bool
    prefix: bytes
    regex: re.Pattern[bytes] | None  # none: the prefix itself and everything below it

    @classmethod
    def parse(cls, text: str) -> Glob:
        """Never fails: what cannot be a glob stands for itself, and will match nothing."""
        body = text.removeprefix("!").removeprefix("./")
        plain = body.removesuffix("/**").rstrip("/")
        if plain and not WILD.search(plain) and not {"", ".", ".."}.intersection(plain.split("/")):
            return cls(text, text.startswith("!"), plain.encode("utf-8", "surrogateescape"), None)
        # Not one of these reaches the first name without a wildcard that the glob begins with.
        wild = WILD.search(body)
        head = body[: wild.start()] if wild else ""
        head = "" if "//" in head or "/./" in head or head.startswith("/") else head
        # A star may stand for nothing: `src/**` covers `src` itself, so the slash is not required.
        regex = re.compile(translate(body).encode("utf-8", "surrogateescape"), re.DOTALL)
        return cls(text, text.startswith("!"), head.rstrip("/").encode("utf-8", "surrogateescape"), regex)

    def reaches(self, path: bytes) -> bool:
        """Whether it may cover the path or something below; false: surely not."""
        return path.startswith(self.prefix) or self.prefix.startswith(path + b"/")

    def members(self, paths: Sequence[bytes]) -> Iterable[range]:
        """Where the sorted paths match, as ranges of positions."""
        if self.regex is None:
            exact = bisect_left(paths, self.prefix)
            if exact < len(paths) and paths[exact] == self.prefix:
                yield range(exact, exact + 1)
            yield _below(paths, self.prefix + b"/")
            return
        for at in _below(paths, self.prefix):
            if self.regex.fullmatch(paths[at]):
                yield range(at, at + 1)


def _below(paths: Sequence[bytes], prefix: bytes) -> range:
    size = len(prefix)
    low = bisect_left(paths, prefix)
    return range(low, bisect_right(paths, prefix, lo=low, key=lambda path: path[:size]))


class Selection(NamedTuple):
    """All of a stage's ``sources`` together; none of them: every file."""

    globs: tuple[Glob, ...]

    @classmethod
    def parse(cls, sources: Iterable[str]) -> Selection:
        return cls(tuple(Glob.parse(text) for text in sources))

    def mark(self, paths: Sequence[bytes]) -> tuple[bytearray, list[int]]:
        """For each of the sorted paths whether it is covered, and how many each glob matches."""
        included = any(not glob.excludes for glob in self.globs)
        marks = bytearray([not included]) * len(paths)
        hits = []
        for glob in sorted(self.globs, key=lambda glob: glob.excludes):
            count = 0
            for span in glob.members(paths):
                marks[span.start : span.stop] = bytes([not glob.excludes]) * len(span)
                count += len(span)
            hits.append(count)
        return marks, hits

    def reaches(self, path: bytes) -> bool:
        """Whether what lies below the path may be covered while not every file is."""
        including = [glob for glob in self.globs if not glob.excludes]
        return bool(self.globs) and (not including or any(glob.reaches(path) for glob in including))

    def idle(self, hits: Sequence[int]) -> list[str]:
        """The globs that should bring files in and match none, given the hits of `mark`."""
        ordered = sorted(self.globs, key=lambda glob: glob.excludes)
        return [glob.text for glob, count in zip(ordered, hits, strict=True) if not (count or glob.excludes)]
