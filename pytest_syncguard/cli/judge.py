"""``syncguard judge``: what the patterns make of saved logs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from pytest_syncguard.cli.call import Call, shared
from pytest_syncguard.cli.ending import complain
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.verdict import COULD_NOT_CHECK, IN_SYNC, OUT_OF_SYNC

if TYPE_CHECKING:
    from pytest_syncguard.settings.model import PatternSet
    from pytest_syncguard.stack.watch.judge import FileVerdict
    from pytest_syncguard.stack.watch.patterns import Patterns

NOT_ASKED = "its success was not asked for: name the stage with --stage"


@click.command("judge", short_help="Print what the patterns make of saved logs.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--stage", metavar="NAME", help="Judge by this stage's patterns (default: the built-in ones alone).")
@click.option(
    "--patterns",
    type=click.Choice(["default", "strict"]),
    help="The built-in set of errors (default: the stage's, else default).",
)
@shared
def command(call: Call, files: Sequence[str], stage: str | None, patterns: PatternSet | None) -> int:
    """Print what the patterns make of saved logs: verdict, line, and which pattern; - reads stdin.

    With --stage, a log without one of the stage's signs of success is broken, too.
    Exit codes: 0 all healthy, 1 a file that cannot be read, 2 broken.
    """
    rules = _patterns(call, stage, patterns)
    silence = f"no error found ({'the stage has no sign of success' if stage else NOT_ASKED})"
    judged = [_judge(file, rules, silence) for file in files]
    verdicts = {each["verdict"] for each in judged}
    code = OUT_OF_SYNC if "broken" in verdicts else COULD_NOT_CHECK if "unread" in verdicts else IN_SYNC
    call.answer({"exit_code": code, "files": judged}, map(_line, filter(_was_read, judged)))
    complain(*(each["text"] for each in judged if not _was_read(each)))
    return code


def _patterns(call: Call, name: str | None, mode: PatternSet | None) -> Patterns:
    from pytest_syncguard.cli.logs import stage_of
    from pytest_syncguard.stack.watch.patterns import Patterns

    if name is None:
        return Patterns.builtin(mode or "default")
    stage = stage_of(call.project(), name)
    return Patterns.of(stage._replace(patterns=mode or stage.patterns))


def _judge(file: str, patterns: Patterns, silence: str) -> dict[str, Any]:
    from pytest_syncguard.stack.watch.judge import judge_file

    try:
        found = judge_file(sys.stdin.buffer if file == "-" else file, patterns)
    except SyncguardError as error:
        return {"file": file, "verdict": "unread", "line": 0, "text": str(error), "pattern": ""}
    return {"file": file, **_document(found, silence)}


def _document(found: FileVerdict, silence: str) -> dict[str, Any]:
    """``silence``: what is said of a log that is healthy for want of any sign."""
    sign = found.first_error or found.success
    if sign is None:
        text = silence if found.healthy else f"no sign of success in {found.lines} lines"
        where = {"line": 0, "text": text, "pattern": ""}
    else:
        where = {"line": sign.line, "text": sign.text, "pattern": sign.pattern}
    return {"verdict": "healthy" if found.healthy else "broken", **where, "lines": found.lines}


def _was_read(judged: Mapping[str, Any]) -> bool:
    return bool(judged["verdict"] != "unread")


def _line(judged: Mapping[str, Any]) -> str:
    where = f"{judged['file']}:{judged['line']}" if judged["line"] else judged["file"]
    text = f": {judged['text']}" if judged["text"] else ""
    pattern = f" (pattern {judged['pattern']})" if judged["pattern"] else ""
    return f"{where}: {judged['verdict']}{text}{pattern}"
