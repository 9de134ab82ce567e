"""Which files are neither tracked nor ignored, remembered for as long as nothing can have changed git's answer.

That answer depends on the index, on git's settings, on the files that say what is ignored, and on the names that
each folder holds; a folder's times change whenever a name in it comes, goes or becomes another thing. While all of
these are as they were, git need not look through every folder again. (Git's own untracked cache rests on the same
facts, but lies in the index, which is the user's.)

Nothing is remembered where times cannot be relied on: of what changed within the last two seconds, and where the
folders lie on a file system that does not keep a folder's times or has another clock.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Final

from pytest_syncguard.stack.fingerprint import content
from pytest_syncguard.stack.fingerprint.content import key, unkey
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.place import Place
from pytest_syncguard.stack.fingerprint.sources import cached, ours
from pytest_syncguard.stamps import Stamps, keeps_times

OTHERS: Final = ("ls-files", "--others", "--exclude-standard", "-z")
COLLAPSED: Final = (*OTHERS, "--directory")  # a folder without a tracked file is named, and not looked through
FORMAT: Final = 2
MOST: Final = 50_000  # folders; to look at more of them takes longer than git does
NO: Final = (b"false", b"no", b"off", b"0")


class Unsure(Exception):
    """What the answer rests on cannot be told in full, so that it must not be remembered."""


class Untracked:
    """Git's answer, known or asked for. Made when a look begins: from then on it tells how things are."""

    def __init__(self, place: Place, identity: str, memory: Memory) -> None:
        """``identity``: that of the index."""
        self._place, self._memory, self._name = place, memory, key(place.prefix)
        self._root, self._identity = os.fsencode(place.root), identity
        self._rules = _rules(place) if memory.folder else []
        self._ruled = Stamps.take(self._root, self._rules)
        self._known = memory.untracked(self._name)
        self._began_ns = time.time_ns()
        self._answer = [unkey(path) for path in self._known["answer"]] if self._holds() else None
        self._command = place.start(*OTHERS) if self._answer is None else None

    def result(self) -> list[bytes]:
        """The paths, relative to the place; a slash at the end: a repository."""
        if self._answer is None and self._command is not None:
            self._answer = self._paths(self._command.output())
        return self._answer or []

    def remember(self, folders: Iterable[bytes] | None, altered: Iterable[bytes]) -> None:
        """Keep the answer for the next look, if it is git's and can be relied on.

        ``folders``: those that the index names, if the caller knows them; ``altered``: the tracked files that may not
        be as the index says.
        """
        if self._command is None or not self._rules or self._memory.folder is None:
            return
        if folders is None and self._known.get("identity") == self._identity:
            folders = [unkey(path) for path in self._known["tracked"]]
        tracked = sorted(parents(entry.path for entry in self._place.entries()) if folders is None else folders)
        known = {"identity": self._identity, "tracked": [key(path) for path in tracked]}
        with suppress(Unsure, FingerprintError, OSError):
            self._calm(tracked)  # most often decided here, before git is asked once more
            more = self._beside(tracked, altered)
            stamps = self._calm([*tracked, *more])
            if not (stamps.devices == {self._memory.folder.stat().st_dev} and keeps_times(self._memory.folder)):
                raise Unsure
            known |= {"scope": self._scope(), "more": [key(path) for path in more], "stamps": stamps.digest}
            known["answer"] = [key(path) for path in self.result()]
        if known != self._known:
            self._memory.keep_untracked(self._name, known)

    def _paths(self, output: bytes) -> list[bytes]:
        paths = ((p, self._place.prefix + p.rstrip(b"/")) for p in output.split(b"\0") if p)
        return [p for p, full in paths if not (ours(full) or cached(full))]

    def _holds(self) -> bool:
        """Whether what is known was said when all was as it is now."""
        if not self._rules or self._known.get("scope") != self._scope():
            return False
        stamps = Stamps.take(self._root, (unkey(path) for path in (*self._known["tracked"], *self._known["more"])))
        return stamps is not None and stamps.digest == self._known["stamps"]

    def _scope(self) -> str:
        """What the answer rests on beside the files and folders that have stamps."""
        place, rules = self._place, [key(path) for path in self._rules]
        facts = [FORMAT, self._identity, key(place.prefix), key(place.inner), place.settings.hex(), rules]
        return sha256(json.dumps(facts).encode()).hexdigest()

    def _calm(self, paths: list[bytes]) -> Stamps:
        """How these are, if nothing has changed since long enough before git was asked."""
        stamps = Stamps.take(self._root, paths) if len(paths) < MOST else None
        as_before = Stamps.take(self._root, self._rules) == self._ruled is not None
        if stamps is None or not as_before or content.since(stamps.newest_ns, self._began_ns):
            raise Unsure
        return stamps

    def _beside(self, tracked: list[bytes], altered: Iterable[bytes]) -> list[bytes]:
        """What must stay as it is for the same answer, beside the folders that the index names."""
        if any(os.path.isdir(_join(self._root, path)) for path in altered):  # noqa: PTH112
            raise Unsure  # a folder in the place of a tracked file: git looks through it, and does not name it
        named = self._paths(self._place.start(*COLLAPSED).output())
        folders = list(self._below(path[:-1] for path in named if path.endswith(b"/")))
        ignoring = [_join(folder, b".gitignore") for folder in (*tracked, *folders)]
        present = [path for path in ignoring if os.path.lexists(_join(self._root, path))]
        return [*folders, *present, *self._rules]

    def _below(self, folders: Iterable[bytes]) -> Iterator[bytes]:
        """These folders and all in them, ignored or not; of a repository only what tells that it is one."""
        repositories, pending, seen = set(self.result()), list(folders), 0
        while pending:
            folder, seen = pending.pop(), seen + 1
            yield folder
            inside = self._inside(folder)
            if seen > MOST or not inside.get(b".git", True):  # a file leads to where no stamp is taken
                raise Unsure
            if b".git" in inside:
                yield _join(folder, b".git")
            if folder + b"/" not in repositories:
                pending += [_join(folder, name) for name, is_folder in inside.items() if is_folder and name != b".git"]

    def _inside(self, folder: bytes) -> dict[bytes, bool]:
        """The names in a folder that matter, and whether each is a folder."""
        try:
            with os.scandir(_join(self._root, folder)) as found:
                entries = {entry.name: entry.is_dir(follow_symlinks=False) for entry in found}
        except OSError:
            raise Unsure from None
        return {name: is_folder for name, is_folder in entries.items() if is_folder or name == b".git"}


def parents(paths: Iterable[bytes]) -> set[bytes]:
    """The folders that these paths lie in, the one that they are relative to included."""
    found = {b""}
    pending = {path.rpartition(b"/")[0] for path in paths}
    while pending:
        found |= pending
        pending = {folder.rpartition(b"/")[0] for folder in pending} - found
    return found


def _rules(place: Place) -> list[bytes]:
    """The files outside the place that say what is ignored, whether they are there or not; none: who knows."""
    settings = dict(line.partition(b"\n")[::2] for line in place.settings.split(b"\0"))
    if not place.settings or settings.get(b"core.ignorecase", b"false").lower() not in NO:
        return []  # git could not say, or a folder may be one that the index names otherwise
    if (own := settings.get(b"core.excludesfile")) is None:
        own = os.fsencode(os.environ.get("XDG_CONFIG_HOME") or "~/.config") + b"/git/ignore"
    own = os.path.expanduser(own)  # noqa: PTH111 - a Path has no bytes
    if own and not os.path.isabs(own):  # noqa: PTH117
        return []
    git = place.index_file.parent
    try:  # of a linked work tree, gitrepository-layout(5)
        git /= (git / "commondir").read_text("utf-8", "surrogateescape").removesuffix("\n")
    except FileNotFoundError:
        pass
    except OSError:
        return []
    above = [b"../" * depth + b".gitignore" for depth in range(1, place.inner.count(b"/") + 1)]
    return [os.fsencode(git / "info" / "exclude"), *([own] if own else []), *above]


def _join(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder else name
