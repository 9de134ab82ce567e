"""One folder that git keeps: where its index lies, and what git says of the files in it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from pytest_syncguard.stack.fingerprint import index
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.git import Command, Git
from pytest_syncguard.stack.fingerprint.index import GITLINK, Entry
from pytest_syncguard.stack.fingerprint.sources import ours
from pytest_syncguard.stack.fingerprint.tally import State

LAYOUT: Final = ("rev-parse", "--is-inside-work-tree", "--show-object-format", "--show-cdup", "--git-path", "index")
SETTINGS: Final = ("config", "-z", "--get-regexp", r"^(core\.|filter\..*\.(clean|process)$)")
CHANGED: Final = (
    *("diff-files", "--raw", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"),
    *("--ignore-submodules=all", "--relative", "--", "."),
)
CONVERTED: Final = ("ls-files", "-z", "--", ".", ":(exclude,attr:!filter !working-tree-encoding)")
PLAIN_INDEX: Final = ("-c", "index.sparse=false", "update-index", "--no-split-index", "--force-write-index")
HASH_SIZES: Final = {"sha1": 20, "sha256": 32}


class Place(NamedTuple):
    """``root``: the folder. ``prefix``: its path in the project, ``inner``: its path in the repository, both
    empty or with a slash at the end. ``settings``: what git is configured to for looking at files, as it prints it;
    ``filters``: the clean filters among that, none of which is run.
    """

    git: Git
    root: Path
    prefix: bytes
    inner: bytes
    index_file: Path
    algorithm: str
    settings: bytes
    filters: frozenset[str]

    @classmethod
    def find(cls, git: Git, root: Path, prefix: bytes) -> Place | None:
        """The place that ``root`` is; None when no repository is there or above. Raises when git cannot say."""
        layout, configured = git.start(root, *LAYOUT), git.start(root, *SETTINGS)
        code, output, said = layout.result()
        settings = configured.result()[1]
        if code:
            if "not a git repository (or any " in said:
                return None
            raise layout.failure(code, said)
        if output.count(b"\n") < 3:
            raise FingerprintError(f"{shutil.which('git')} does not speak like git; put the real one first on the PATH")
        inside, algorithm, up, path = output.split(b"\n", 3)
        if inside != b"true":
            raise FingerprintError(f"{root} lies inside git's own folder; required is a folder with sources")
        if prefix and up:
            raise FingerprintError(f"{root}/.git is no repository that git accepts; repair or remove it")
        depth = up.count(b"../")
        inner = b"".join(name + b"/" for name in os.fsencode(root).split(b"/")[-depth:]) if depth else b""
        filters = re.findall(
            r"(?:^|\0)filter\.(.*?)\.(?:clean|process)(?=[\n\0])", settings.decode("utf-8", "replace"), re.DOTALL
        )
        file = root / os.fsdecode(path.removesuffix(b"\n"))
        return cls(git, root, prefix, inner, file, algorithm.decode(), settings, frozenset(filters))

    def start(self, *args: str) -> Command:
        return self.git.start(self.root, *args, filters=self.filters)

    def identity(self) -> str:
        """Of the index as it is now."""
        return index.identity(self.index_file)

    def ignored(self) -> bool:
        """Whether the folder itself is one that git ignores."""
        command = self.start("check-ignore", "-q", ".")
        code, _, said = command.result()
        if code not in (0, 1):
            raise command.failure(code, said)
        return code == 0

    def changed(self) -> Callable[[], dict[bytes, State | None]]:
        """Start to look for tracked files that are not as the index says, and what it says they hold."""
        command = self.start(*CHANGED)

        def collect() -> dict[bytes, State | None]:
            fields = command.output().split(b"\0")
            found: dict[bytes, State | None] = {}
            for facts, path in zip(fields[::2], fields[1::2], strict=False):
                mode, _, blob, _, _ = facts.removeprefix(b":").split(b" ")
                state = (int(mode, 8), bytes.fromhex(blob.decode())) if int(mode, 8) else None
                if not ours(self.prefix + path):
                    found[path] = state
            return found

        return collect

    def entries(self) -> list[Entry]:
        """The index's entries in this folder, with paths relative to it."""
        found = index.read(self.index_file, HASH_SIZES[self.algorithm])
        if found.partial:
            found = self._whole()
        entries, size = found.entries, len(self.inner)
        if size:
            entries = [e._replace(path=e.path[size:]) for e in entries if e.path.startswith(self.inner)]
        if self.prefix:
            return entries
        return [e for e in entries if not (e.path[:5] in (b".sync", b"logs/") and ours(e.path))]

    def _whole(self) -> index.Index:
        """A split or sparse index as git writes it in one piece, made of a copy."""
        import tempfile

        with tempfile.TemporaryDirectory(prefix="syncguard-") as folder:
            copy = Path(folder) / "index"
            shutil.copy2(self.index_file, copy)
            self.git.start(self.root, *PLAIN_INDEX, filters=self.filters, index=copy).output()
            found = index.read(copy, HASH_SIZES[self.algorithm])
        if found.partial:
            raise FingerprintError(f"{self.index_file} is split or sparse in a way that git cannot undo; update git")
        return found

    def sizes(self, entries: Iterable[Entry]) -> Callable[[], dict[bytes, int]]:
        """Start to ask how large the entries' blobs are, by id; what is not here has no size."""
        import tempfile

        blobs = {entry.blob for entry in entries if entry.plain and entry.mode != GITLINK}
        with tempfile.TemporaryFile() as wanted:
            wanted.write(b"".join(blob.hex().encode() + b"\n" for blob in blobs))
            wanted.seek(0)
            command = self.git.start(
                self.root, "cat-file", "--buffer", "--batch-check=%(objectname) %(objectsize)", stdin=wanted
            )

        def collect() -> dict[bytes, int]:
            lines = (line.split(b" ") for line in command.output().splitlines())
            return {bytes.fromhex(b.decode()): int(size) & 0xFFFFFFFF for b, size in lines if size.isdigit()}

        return collect

    def converted(self) -> Callable[[], set[bytes]]:
        """Start to ask which files go through a filter or have an encoding of their own in the work tree."""
        command = self.start(*CONVERTED)
        return lambda: set(command.output().split(b"\0"))
