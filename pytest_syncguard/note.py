"""What a sync came to, kept where every process of one pytest run finds it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pytest_syncguard.verdict import (
    Evidence,
    Result,
    Status,
    Step,
    StepFinished,
    SyncguardError,
    Target,
    Verdict,
)

KEPT = 40  # files of older runs that stay


@dataclass(frozen=True, slots=True)
class Told:
    """A result, the process and the test that met it, and whether it is about all there is."""

    result: Result
    by: str = ""  # the worker; empty for the controller and without xdist
    test: str = ""
    whole: bool = True

    def dumps(self) -> str:
        """As text, which any process can read."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> Told:
        """What `dumps` wrote."""
        told = json.loads(text)
        return cls(_result(told["result"]), told["by"], told["test"], told["whole"])


@dataclass(frozen=True, slots=True)
class Note:
    """The file through which the processes of one run tell each other; ``run`` names the run."""

    folder: Path
    run: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / f"{self.run}.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within, no other process of this run syncs. Raises `SyncguardError` when there is no place for it."""
        from filelock import FileLock

        lock = FileLock(self.path.with_suffix(".lock"), fallback_to_soft=False)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except (OSError, NotImplementedError) as error:
            why = getattr(error, "strerror", None) or error
            raise SyncguardError(f"cannot lock {lock.lock_file}: {why}: make the folder writable") from None
        try:
            yield
        finally:
            lock.release()

    def read(self) -> Told | None:
        """What was told; None when nobody did yet."""
        try:
            return Told.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError):
            return None

    def leave(self, told: Told) -> None:
        """Tell the others; whoever finds no note asks the guards itself."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self.path.with_suffix(".part")
            part.write_text(told.dumps(), encoding="utf-8")
            part.replace(self.path)
            for old in sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)


def _result(data: Mapping[str, Any]) -> Result:
    return Result(
        tuple(_verdict(each) for each in data["verdicts"]),
        tuple(_finished(each) for each in data["finished"]),
        data["seconds"],
    )


def _finished(data: Mapping[str, Any]) -> StepFinished:
    step = Step(**{**data["step"], "target": Target(**data["step"]["target"])})
    return StepFinished(**{**data, "step": step, "verdict": _verdict(data["verdict"])})


def _verdict(data: Mapping[str, Any]) -> Verdict:
    evidence = tuple(Evidence(**each) for each in data["evidence"])
    return Verdict(Target(**data["target"]), Status(data["status"]), data["reason"], evidence)
