"""One look at the files of a project: every path that the answer rests on is noted, with how it stood.

Paths are relative to the project, with slashes; ``""`` is the project itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import posixpath
import stat
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_syncguard.registry.component import Value
from pytest_syncguard.registry.frontmatter import Problem, read_frontmatter

Stamp: TypeAlias = tuple[int, ...]  # empty: nothing is there
LARGEST: Final = 2 << 20  # bytes; nobody writes so much by hand


class Facts(NamedTuple):
    """What a file says: its digest, its frontmatter and whether it has any, and what is wrong with it."""

    digest: str
    fields: Mapping[str, Value]
    problems: tuple[Problem, ...]
    there: bool


class Entry(NamedTuple):
    """A name in a folder; ``link``: it is a symbolic link, which may lead anywhere."""

    name: str
    folder: bool
    link: bool


class Unreadable(Exception):
    """What was found, and what is required."""


class Look:
    """Reads files and folders below ``root``.

    ``known``: facts of files by path, to be used for a file that stands as it did. ``stamps`` tells afterwards how
    each path stood that was looked at (None: there is no telling), ``facts`` what was read, ``warnings`` what is wrong
    beside single components.
    """

    def __init__(self, root: str, known: Mapping[str, tuple[Stamp, Facts]]) -> None:
        self.root = root
        self.stamps: dict[str, Stamp | None] = {}
        self.facts: dict[str, Facts] = {}
        self._warnings: dict[str, None] = {}  # in order, each once
        self._known = known
        self._base = root.rstrip("/") + "/"
        self._bounds: dict[str, str] = {}

    def warn(self, path: str, text: str) -> None:
        """Note what is wrong with a file or folder, once."""
        self._warnings[one_line(f"{path or '.'}: {text}")] = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong beside single components, a line each."""
        return tuple(self._warnings)

    def full(self, path: str) -> str:
        """Where it lies."""
        return self._base + path

    def stamp(self, path: str) -> Stamp:
        """How the path stands, links followed; empty where nothing is. Raises `Unreadable`."""
        if (known := self.stamps.get(path)) is None:
            self._doubt(path)
            known = self.stamps[path] = take_stamp(self.full(path))
        return known

    def _doubt(self, path: str) -> None:
        """What went wrong here may have passed by the next look."""
        self.stamps[path] = None

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there."""
        return bool(found := self._stamp_or_warn(path)) and stat.S_ISDIR(found[2])

    def is_file(self, path: str) -> bool:
        """Whether a file is there."""
        return bool(found := self._stamp_or_warn(path)) and stat.S_ISREG(found[2])

    def _stamp_or_warn(self, path: str) -> Stamp:
        try:
            return self.stamp(path)
        except Unreadable as error:
            self.warn(path, str(error))
            return ()

    def entries(self, folder: str) -> list[Entry]:
        """What is in a folder: files and folders, links to anything, in order of their names."""
        entries: list[Entry] = []
        try:
            self.stamp(folder)
            with os.scandir(self.full(folder)) as found:
                entries += sorted(Entry(each.name, _leads_to_folder(each), each.is_symlink()) for each in found)
        except OSError as error:
            self._doubt(folder)
            self.warn(folder, _said(error))
        except Unreadable as error:
            self.warn(folder, str(error))
        for entry in entries:
            if entry.link:  # what it leads to may come and go without a change of this folder
                with contextlib.suppress(Unreadable):
                    self.stamp(join(folder, entry.name))
        return entries

    def real(self, path: str) -> str:
        """Where it really lies, all links followed."""
        return os.path.realpath(self.full(path))

    def inside(self, path: str, outer: str) -> bool:
        """Whether the path, all links followed, is the outer one or lies below it."""
        if (bound := self._bounds.get(outer)) is None:
            bound = self._bounds[outer] = self.real(outer)
        real = self.real(path)
        return real == bound or real.startswith(bound.rstrip("/") + "/")

    def strays(self, path: str, outer: str) -> bool:
        """Whether a link leads out of the outer folder, which is warned about."""
        if self.inside(path, outer):
            return False
        self.warn(path, "a link that leads out of the marketplace is not read: move what it leads to into it")
        return True

    def is_link(self, path: str) -> bool:
        """Whether it is a symbolic link itself."""
        return os.path.islink(self.full(path))  # noqa: PTH114 - once for each skill

    def markdown(self, path: str) -> Facts:
        """What a component's file says; of one that cannot be read, why not."""
        try:
            stamp = self.stamp(path)
        except Unreadable as error:
            return Facts("", {}, (Problem(1, str(error)),), there=False)
        known = self._known.get(path)
        facts = known[1] if known and known[0] == stamp else self._read_markdown(path)
        self.facts[path] = facts
        return facts

    def _read_markdown(self, path: str) -> Facts:
        try:
            data = self.read(path)
        except Unreadable as error:
            return Facts("", {}, (Problem(1, str(error)),), there=False)
        problems: list[Problem] = []
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            problems.append(Problem(line, f"found byte 0x{data[error.start]:02x}, required UTF-8"))
            text = data.decode("utf-8-sig", "replace")
        found = read_frontmatter(text)
        digest = hashlib.sha256(data).hexdigest()
        return Facts(digest, found.fields, (*problems, *found.problems), found.there)

    def json(self, path: str) -> Any:
        """What a file of JSON says. Raises `Unreadable`, with line and column."""
        self.stamp(path)
        try:
            return json.loads(self.read(path).decode("utf-8-sig"))
        except json.JSONDecodeError as error:
            raise Unreadable(f"line {error.lineno}, column {error.colno}: {error.msg}: required JSON") from None
        except UnicodeDecodeError as error:
            raise Unreadable(f"found byte 0x{error.object[error.start]:02x}, required UTF-8") from None
        except (RecursionError, ValueError):
            raise Unreadable("found brackets or digits without end, required JSON") from None

    def read(self, path: str) -> bytes:
        """What a file holds. Raises `Unreadable`; never waits for a pipe's other end."""
        try:
            handle = os.open(self.full(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                found = os.fstat(handle)
                if not stat.S_ISREG(found.st_mode):
                    raise Unreadable("found no file, required one")
                data = os.read(handle, min(found.st_size, LARGEST) + 1)
                if len(data) != found.st_size:  # else that was all: one call less for each of many files
                    while len(data) <= LARGEST and (more := os.read(handle, LARGEST + 1 - len(data))):
                        data += more
            finally:
                os.close(handle)
        except OSError as error:
            self._doubt(path)
            raise Unreadable(_said(error)) from None
        if len(data) > LARGEST:
            raise Unreadable(f"found more than {LARGEST >> 20} MB, required a file that is written by hand")
        return data


def take_stamp(full: str) -> Stamp:
    """Device, inode, mode, size and times in ns of what lies there, links followed; empty: nothing does.

    Raises `Unreadable`.
    """
    try:
        found = os.stat(full)  # noqa: PTH116 - 15,000 times, a Path would take as long as the call
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError) as error:
        raise Unreadable(_said(error)) from None
    return found.st_dev, found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def one_line(text: str) -> str:
    """A message in one line, whatever the names in it hold."""
    return " ".join(text.splitlines())


def join(folder: str, name: str) -> str:
    """The path of a name in a folder."""
    return f"{folder}/{name}" if folder else name


def below(folder: str, written: str) -> str | None:
    """The path that a manifest's ``./name`` means, relative to its folder; None where it leads out of that."""
    path = posixpath.normpath(posixpath.join("/", written)).lstrip("/") if not written.startswith("/") else None
    plain = posixpath.normpath(written)
    if path is None or plain == ".." or plain.startswith("../") or "\0" in written or "\\" in written:
        return None
    return join(folder, plain) if plain != "." else folder


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # links in a circle, say: what reads it tells


def _said(error: OSError | ValueError) -> str:
    """In one line, without the path: that is told by whoever asks."""
    import errno

    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "found links that lead to each other in a circle, required a file or folder"
    said = error.strerror if isinstance(error, OSError) else str(error)
    return f"{said or error}: required what can be read"
