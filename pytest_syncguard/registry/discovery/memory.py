"""What was found at the last look, for as long as every file and folder that it rests on stands as it did.

The file is an aid and never needed: when it is missing, damaged, of another version or cannot be written, everything
is read again. Of a project in which something changed only that is read. What changed within two seconds before the
look is not relied on, since another change could have the same time; nor is anything where a file system does not
keep the times of folders.

The file has three lines: a checksum of the rest, what was found, and the facts of each file. The last, by far the
longest, is parsed only when somebody needs it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_syncguard.registry.component import Component, Value
from pytest_syncguard.registry.discovery.look import Facts, Look, Stamp, Unreadable, take_stamp
from pytest_syncguard.registry.discovery.marketplace import Remote
from pytest_syncguard.registry.frontmatter import Problem
from pytest_syncguard.stamps import keeps_times
from pytest_syncguard.whole import write_whole

if TYPE_CHECKING:
    from pytest_syncguard.registry.discovery.discover import Found

FORMAT: Final = 1
NAME: Final = "components.json"
FRESH_NS: Final = 2_000_000_000


class Kept:
    """The facts of each file, in JSON until somebody asks."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def facts(self) -> dict[str, Facts]:
        """By path."""
        rows = json.loads(self._text) if self._text else {}
        return {
            path: Facts(digest, fields, tuple(Problem(*each) for each in problems), there)
            for path, (digest, fields, problems, there) in rows.items()
        }


class Later(Mapping[str, Value]):
    """The fields of one file's frontmatter, parsed when somebody looks at them."""

    __slots__ = ("_kept", "_path")

    def __init__(self, kept: Kept, path: str) -> None:
        self._kept, self._path = kept, path

    def __getitem__(self, key: str) -> Value:
        return self._kept.facts[self._path].fields[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept.facts[self._path].fields)

    def __len__(self) -> int:
        return len(self._kept.facts[self._path].fields)

    def __repr__(self) -> str:
        return repr(dict(self))


class Memory:
    """Made when a look begins: what changes from then on is not relied on."""

    def __init__(self, cache: Path | None, root: str, marketplaces: Sequence[str]) -> None:
        self._root = root
        self._scope = [FORMAT, root, list(marketplaces)]
        self._path = cache / NAME if cache else None
        self._began_ns = time.time_ns()
        self._data, self._kept = self._load()

    def found(self) -> Found | None:
        """What was found at the last look, if nothing has changed."""
        data = self._data
        if not data or not self._stands(data["stamps"]):
            return None
        from pytest_syncguard.registry.discovery.discover import Found

        kept = self._kept
        components = tuple(
            Component(
                market,
                plugin,
                kind,
                name,
                path,
                tuple(warnings),
                digest,
                Later(kept, path) if fields is None else fields,
            )
            for market, plugin, kind, name, path, warnings, digest, fields in data["components"]
        )
        remote = tuple(Remote(*each) for each in data["remote"])
        return Found(components, remote, data["renames"], tuple(data["warnings"]))

    def facts(self) -> Mapping[str, tuple[Stamp, Facts]]:
        """What was read of each file, with how it stood then."""
        stamps = self._data.get("stamps", {})
        return {path: (tuple(stamps[path]), facts) for path, facts in self._kept.facts.items() if stamps.get(path)}

    def keep(self, look: Look, found: Found) -> None:
        """Write it down for the next look, if that can be relied on."""
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            devices = {stamp[0] for stamp in look.stamps.values() if stamp}
            if devices != {self._path.parent.stat().st_dev} or not keeps_times(self._path.parent):
                return
            calm = self._began_ns - FRESH_NS
            body = json.dumps(
                {
                    "scope": self._scope,
                    "stamps": {path: stamp if _calm(stamp, calm) else None for path, stamp in look.stamps.items()},
                    "components": [self._row(component, look.facts) for component in found.components],
                    "remote": found.remote,
                    "renames": found.renames,
                    "warnings": found.warnings,
                },
                separators=(",", ":"),
            )
            body += "\n" + json.dumps(look.facts, separators=(",", ":"))
            ignore = self._path.with_name(".gitignore")
            if not ignore.exists():
                ignore.write_text("*\n")  # nobody has to be told not to commit what lies here
            write_whole(self._path, f"{_checksum(body)}\n{body}".encode("ascii"))

    def _row(self, component: Component, facts: Mapping[str, Facts]) -> tuple[Any, ...]:
        """A component; its fields only where they are not just those of its file."""
        known = facts.get(component.path)
        return (*component[:-1], None if known and known.fields is component.fields else dict(component.fields))

    def _stands(self, stamps: Mapping[str, list[int] | None]) -> bool:
        """Whether each path stands as it did."""
        base = self._root.rstrip("/") + "/"
        try:
            return all(old is not None and take_stamp(base + path) == tuple(old) for path, old in stamps.items())
        except Unreadable:
            return False

    def _load(self) -> tuple[dict[str, Any], Kept]:
        if self._path is not None:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                digest, _, body = self._path.read_text("ascii").partition("\n")
                if digest == _checksum(body):
                    found, _, facts = body.partition("\n")
                    if (data := json.loads(found))["scope"] == self._scope:
                        return data, Kept(facts)
        return {}, Kept("")


def _calm(stamp: Stamp | None, before_ns: int) -> bool:
    """Whether it stood so for long enough; what is not there has no time."""
    return stamp is not None and (not stamp or max(stamp[-2:]) < before_ns)


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode("ascii")).hexdigest()
