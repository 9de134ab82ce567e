"""Which processes belong to a build: found by a mark in their environment, by descent and by session."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from pytest_syncguard.stack.drivers.identity import Proc

VARIABLE = "SYNCGUARD_PROCESS"
BUILD, SERVE = "build", "serve"


class Mark(NamedTuple):
    """What a process carries in its environment: children inherit it, whatever session they open.

    Builds and served processes are told apart, so that a build's daemon (a compiler's cache, say) lives on
    when the served process is replaced.
    """

    state: str
    stage: str
    build: str
    part: str

    def text(self) -> str:
        return "|".join(quote(part, safe="/", errors="surrogateescape") for part in self)

    @classmethod
    def parse(cls, text: str) -> Mark | None:
        parts = [unquote(part, errors="surrogateescape") for part in text.split("|")]
        return cls(*parts) if len(parts) == 4 else None


def mark_of(pid: int) -> Mark | None:
    """The mark that a process carries; None when it has none or may not be asked."""
    import psutil

    try:
        text = psutil.Process(pid).environ().get(VARIABLE, "")
    except (psutil.Error, OSError):
        return None
    return Mark.parse(text) if text else None


def marked(wanted: Callable[[Mark], bool]) -> dict[Proc, Mark]:
    """Every living process whose mark is wanted."""
    import psutil

    found: dict[Proc, Mark] = {}
    for pid in psutil.pids():
        process = Proc.of(pid)
        mark = mark_of(pid) if process.started else None
        if mark is not None and wanted(mark):
            found[process] = mark
    return found


def members(wanted: Callable[[Mark], bool], roots: Iterable[Proc] = ()) -> set[Proc]:
    """The marked processes, the roots that live, and all that descend from them or share their sessions."""
    found = {*marked(wanted), *(root for root in roots if root.alive)}
    if not found:
        return found
    family = _family({process.pid for process in found}) - {os.getpid()}
    return {process for process in map(Proc.of, family) if process.started}


def _family(pids: set[int]) -> set[int]:
    """These pids, their sessions where they lead one, and all descendants."""
    import psutil

    parents = {process.pid: process.info["ppid"] for process in psutil.process_iter(["ppid"])}
    leaders = {pid for pid in pids if _session(pid) == pid}
    found = pids | {pid for pid in parents if _session(pid) in leaders}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def describe(pid: int) -> str:
    """A process's command line for people, at most 120 characters."""
    import psutil

    try:
        process = psutil.Process(pid)
        text = shlex.join(process.cmdline()) or process.name()
    except (psutil.Error, OSError):
        return "command unknown"
    return text if len(text) <= 120 else text[:119] + "…"


def as_words(argv: Sequence[str], part: str) -> str:
    """The cure where a program that was not found is a whole command line in one word; empty where it is none."""
    if len(words := _words(argv[0])) > 1 and not os.path.dirname(words[0]):  # noqa: PTH120  a path may have blanks
        return f"write it as words: {part} = {json.dumps([*words, *argv[1:]], ensure_ascii=False)}"
    return ""


def not_found(argv: Sequence[str], cwd: Path, part: str, otherwise: str) -> tuple[str, str]:
    """Why there is no program to run for ``build`` or ``serve``, and the cure; ``otherwise`` is the one for most."""
    if os.path.dirname(argv[0]) and (cwd / argv[0]).is_file():  # noqa: PTH120
        return "is not executable", f"run chmod +x {shlex.quote(argv[0])}, or name the program that runs it"
    return "not found", as_words(argv, part) or otherwise


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def command_path(argv: tuple[str, ...], cwd: Path, env: dict[str, str]) -> str | None:
    """The program that this argv runs, as the child would find it; None when there is none."""
    import shutil

    command = argv[0]
    if os.path.dirname(command):  # noqa: PTH120 - Path would drop the leading "./"
        return shutil.which(str(cwd / command))
    return shutil.which(command, path=env.get("PATH"))
