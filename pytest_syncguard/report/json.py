"""A result as one JSON document."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.report.cure import DOCTOR, cure_of, next_command
from pytest_syncguard.verdict import FIRST_ERROR, Plan, Result, Step, StepFinished, Verdict

SCHEMA = 1


def document(result: Result) -> dict[str, Any]:
    """The result of a sync or a check: verdict of each target, steps that were run, the summary line, what is next."""
    failed = [(event.verdict, event.log) for event in result.finished if not event.verdict.synced]
    stopped = failed or [(verdict, "") for verdict in result.unsynced]
    return {
        "schema": SCHEMA,
        "synced": result.synced,
        "exit_code": result.exit_code,
        "summary": result.summary,
        "seconds": round(result.seconds, 3),
        "not_asked": [str(target) for target in result.not_asked],
        "warnings": list(result.warnings),
        "targets": [verdict_document(verdict) for verdict in result.verdicts],
        "steps": [_finished(event) for event in result.finished],
        **_following(*(stopped[0] if stopped else (None, ""))),
    }


def plan_document(plans: Iterable[Plan], sync: str = "syncguard sync") -> dict[str, Any]:
    """What a sync would do; ``sync`` is the command that does it."""
    plans = list(plans)
    verdicts = [verdict for plan in plans for verdict in plan.verdicts]
    blocked = [each for each in verdicts if not each.synced and next_command(each) in ("", DOCTOR)]
    following = _following(blocked[0] if blocked else None)
    if not blocked and any(plan.steps for plan in plans):
        following["next"] = sync
    return {
        "schema": SCHEMA,
        "synced": all(plan.synced and not plan.steps for plan in plans),
        "targets": [verdict_document(verdict) for verdict in verdicts],
        "steps": [step_document(step) for plan in plans for step in plan.steps],
        "warnings": [warning for plan in plans for warning in plan.warnings],
        **following,
    }


def status_document(result: Result, sync: str) -> dict[str, Any]:
    """The result of a look; ``sync`` is the command that brings all of it in sync, which is next where one would."""
    found = document(result)
    following = sync if found["next"].startswith("syncguard sync") else found["next"]
    return {**{key: found[key] for key in ("synced", "exit_code", "targets", "warnings", "cure")}, "next": following}


def _following(verdict: Verdict | None, log: str = "") -> dict[str, str]:
    """What to run next, and the cure that the reason carries; empty where there is none."""
    if verdict is None:
        return {"next": "", "cure": ""}
    return {"next": next_command(verdict, log), "cure": cure_of(verdict)}


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """One verdict, with what it rests on."""
    return {
        "target": str(verdict.target),
        "verdict": str(verdict.status),
        "reason": verdict.reason,
        "first_error": _first_error(verdict),
        "evidence": [{"text": each.text, "path": each.path, "line": each.line} for each in verdict.evidence],
    }


def _first_error(verdict: Verdict) -> str:
    """The line of the log that a failure rests on first; empty where it rests on none."""
    told = verdict.reason.partition(FIRST_ERROR)[2]
    return told or next((each.text.strip() for each in verdict.evidence[:1] if each.line), "")


def step_document(step: Step) -> dict[str, Any]:
    """One step of a plan."""
    return {"number": step.number, "target": str(step.target), "action": step.action, "reason": step.reason}


def forget(path: Path) -> None:
    """Remove the report of an older run: this one may end before it has a result, and that is not its own.

    Only a file goes, never a pipe, a folder or a link. Raises `SyncguardError` when it cannot be removed.
    """
    try:
        if _is_file(path):
            path.unlink()
    except OSError as error:
        raise SyncguardError(f"cannot remove the old report {path}: {error.strerror}: choose another file") from None


def write(path: Path, data: dict[str, Any]) -> None:
    """Write the document as a whole or not at all; into what is no file (a pipe, a link, ``/dev/null``) as it is."""
    text = json.dumps(data, indent=2) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_text(text, encoding="utf-8")
        else:
            _replace(path, text)
    except OSError as error:
        raise SyncguardError(f"cannot write the report {path}: {error.strerror}: choose another file") from None


def _is_file(path: Path) -> bool:
    """Whether a file lies there, and no link to one: ``/dev/stdout`` may lead to the user's own."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _finished(event: StepFinished) -> dict[str, Any]:
    return {
        **step_document(event.step),
        "verdict": str(event.verdict.status),
        "verdict_reason": event.verdict.reason,
        "first_error": _first_error(event.verdict),
        "seconds": round(event.seconds, 3),
        "log": event.log,
    }
