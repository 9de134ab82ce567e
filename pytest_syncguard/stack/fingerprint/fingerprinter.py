"""Looks at a project's sources and says, stage by stage, what they are."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import NamedTuple

from pytest_syncguard.settings.model import StackSettings, Stage
from pytest_syncguard.stack.fingerprint import manifest
from pytest_syncguard.stack.fingerprint.ahead import Ahead, Begun, take_over
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.git import Git
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.observation import Observation, observe
from pytest_syncguard.stack.fingerprint.sources import Glob, Selection
from pytest_syncguard.stack.fingerprint.stages import settings_digest, shared_settings
from pytest_syncguard.stack.fingerprint.tally import State
from pytest_syncguard.stack.promise import Promise

FORMAT = 1
BETWEEN = "-"  # in a digest, between that of the files and that of the settings


class Fingerprint(NamedTuple):
    """What a stage would be built from now.

    ``digest`` is equal if and only if path, mode and content of all its sources are equal and its own
    settings are; ``files`` is how many files that covers; ``warnings`` name sources that match no file.
    ``blind``: why no change of what it is built from would be seen, since all its sources together cover no file.
    """

    digest: str
    files: int
    warnings: tuple[str, ...] = ()
    blind: str = ""


class Fingerprinter:
    """Fingerprints of stages, by what lies in the work tree, whether committed, staged or neither.

    With git the files are those that are tracked and those that are neither tracked nor ignored, nested
    submodules and repositories included; without, every file but those that `plain` leaves out. Content is
    what lies on the disk, byte for byte; what a symbolic link leads to within the project counts, too.
    ``.syncguard/`` and ``logs/sync-error-*.log`` never count, nor do, unless git tracks them, Python's caches and
    reports (see `reports`).
    """

    def __init__(
        self,
        root: Path,
        cache: Path | None = None,
        *,
        limit: float = 120.0,
        stack: StackSettings | None = None,
        fresh: float = 1.0,
    ) -> None:
        """``root``: the project's folder. ``cache``: a folder for what was worked out, which may not exist and
        may not be writable. ``limit``: seconds after which a git command counts as hanging. ``stack``: whose
        settings for all stages count as well, such as the templates of the command driver. ``fresh``: seconds
        for which a look that was begun still counts; older ones may have missed an edit since.
        """
        self._root = root.resolve()
        self._cache = cache
        self._ahead = take_over(self._root)
        self._git = self._ahead.git if self._ahead else Git()
        self._git.limit = limit
        self._fresh = fresh
        self._shared = shared_settings(stack) if stack else ""
        self._memory = self._ahead.memory if self._ahead and self._ahead.memory.folder == cache else None
        self._pending: Promise[Observation] | None = None
        self._since = float("-inf")  # when the look began that is pending
        self._last: Observation | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is amiss with the project as a whole: a repository without the git that knows what it ignores."""
        if self._git.installed or not any((folder / ".git").exists() for folder in (self._root, *self._root.parents)):
            return ()
        counts = "every file counts as a source, those that it ignores too"
        return (f"no git on the PATH, though {self._root} lies in a repository: {counts}: install git",)

    def start(self, stages: Sequence[Stage]) -> None:
        """Begin to look, in the background; a `take` of the same stages that comes soon collects it."""
        self._collect()
        ahead = self._taken_over()
        self._since = ahead.since if ahead else time.monotonic()
        sources = _sources(stages)
        self._pending = Promise(lambda: self.look(sources, ahead.begun if ahead else None))

    def refresh(self, stages: Sequence[Stage]) -> None:
        """Begin to look, unless a look that was begun is still fresh."""
        if self._pending is None or time.monotonic() - self._since > self._fresh:
            self.start(stages)

    def take(self, stages: Sequence[Stage]) -> dict[str, Fingerprint]:
        """The fingerprint of each stage, by name. Looks afresh unless a `start` is pending.

        Raises `FingerprintError` when anything could not be looked at.
        """
        self.refresh(stages)
        observation = self._collect()
        if observation is None or observation.sources != _sources(stages):
            observation = self.look(_sources(stages))
        return {stage.name: _fingerprint(stage, observation, self._shared, self._git) for stage in stages}

    def manifest(self, stage: Stage) -> bytes:
        """Which files the stage covers and what each is, for `changed`.

        Of the last `take` if that covered the stage and the repository was not written since; else of now.
        """
        return manifest.pack(stage.name, settings_digest(stage, self._shared), self._covered(stage))

    def files(self, stage: Stage) -> Sequence[bytes]:
        """The paths of all files that the stage covers, relative to the project, as of the last `take`."""
        return list(self._covered(stage))

    def close(self) -> None:
        """End what still runs in the background. Nothing can be taken any more."""
        self._git.close()
        if self._pending is not None:
            self._pending.wait()
            self._pending = None

    def look(self, sources: Sequence[tuple[str, ...]], begun: Begun | None = None) -> Observation:
        """One look at the whole project, for these sources; ``begun``: what is on its way already."""
        if self._memory is None:
            self._memory = Memory(self._cache)
        self._last = observe(self._root, sources, self._memory, self._git, begun)
        self._memory.save()
        return self._last

    def _covered(self, stage: Stage) -> dict[bytes, State]:
        observation = self._collect() or self._last
        known = observation.sources if observation else []
        files = observation.inventory() if observation and stage.sources in known else None
        if observation is None or files is None:
            observation = self.look(sorted({*known, stage.sources}))
            files = observation.inventory()
        if files is None:
            raise FingerprintError(f"the repository in {self._root} is written all the time; try again")
        if stage.sources:  # without any, what links lead to is there anyway
            files |= observation.behind.files
        paths = sorted(files)
        marks, _ = Selection.parse(stage.sources).mark(paths)
        return {path: files[path] for path in compress(paths, marks)}

    def _taken_over(self) -> Ahead | None:
        """What was begun ahead, once, if it is still fresh."""
        ahead, self._ahead = self._ahead, None
        if ahead is None or time.monotonic() - ahead.since < self._fresh:
            return ahead
        self._git.abandon()
        return None

    def _collect(self) -> Observation | None:
        pending, self._pending = self._pending, None
        if pending is None:
            return None
        self._git.hurry()
        return pending.result()


def _sources(stages: Sequence[Stage]) -> list[tuple[str, ...]]:
    """What is selected at all, each selection once."""
    return sorted({stage.sources for stage in stages})


def _fingerprint(stage: Stage, observation: Observation, shared: str, git: Git) -> Fingerprint:
    tally = observation.tallies[observation.sources.index(stage.sources)]
    facts = f"{FORMAT} {tally.files} {tally.total:x}"
    selection = Selection.parse(stage.sources)
    amiss = [f'sources "{glob}" {_why_idle(glob, observation.root, git)}' for glob in selection.idle(tally.hits)]
    if not tally.files and not amiss:
        amiss = [f"covers no file in {os.fspath(observation.root)}"]
    blind = "; ".join(amiss) if stage.sources and not tally.files else ""
    warnings = [f'stage "{stage.name}": {each}' for each in amiss]
    if observation.behind.outside:
        from pytest_syncguard.stack.fingerprint.links import leaving

        warnings += [f'stage "{stage.name}": {each}' for each in leaving(stage.sources, observation.behind)]
    digest = f"{hashlib.sha256(facts.encode()).hexdigest()}{BETWEEN}{settings_digest(stage, shared)}"
    return Fingerprint(digest, tally.files, tuple(warnings), blind)


def only_settings_differ(one: str, other: str) -> bool:
    """Whether two digests of a stage, which differ, are of the same files."""
    return one.partition(BETWEEN)[0] == other.partition(BETWEEN)[0]


def _why_idle(text: str, root: Path, git: Git) -> str:
    """What is wrong with a source that brings no file in: nothing is there, or git does not look at it."""
    glob = Glob.parse(text)
    path = root / os.fsdecode(glob.prefix)
    if glob.regex is None and os.path.lexists(path) and git.installed:
        code, _, _ = git.start(path.parent, "check-ignore", "--quiet", "--", path.name).result()
        if code == 0:
            return "is ignored by git, so its changes are not seen"
    return "matches no file"
