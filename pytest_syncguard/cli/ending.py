"""How a command ends: its exit code, and one line on stderr for what a user can cure."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from pytest_syncguard.cli.call import SCHEMA, show
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.machine import refusal
from pytest_syncguard.report.escape import plain
from pytest_syncguard.signals import Terminated, terminating

INTERRUPTED = 130  # what shells give to a process that SIGINT ended
FAILED = 1
STDERR = 2  # the highest handle of the three that every process has


def exit_code_of(run: Callable[[], object], *, as_json: bool = False) -> int:
    """Run a command and return its exit code, its own or that of what ended it.

    Faults that a user can cure are told in one line each; anything else keeps its traceback. ``as_json``: a program
    reads stdout, and finds a document there whatever happens.
    """
    _open_closed_streams()
    _print_anything()
    try:
        with terminating():
            code = run()
            sys.stdout.flush()  # now, while a full disk can still be told
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        _give_up_stdout()
        return FAILED
    except (Exception, KeyboardInterrupt, Terminated) as error:
        code, lines = _told(error)
        if isinstance(error, OSError) and error.filename is None:
            _give_up_stdout()
        elif as_json:
            _document(code, lines or [f"{type(error).__name__}: {error}"])
        if not lines:
            raise
        complain(*lines)
        return code


def _told(error: BaseException) -> tuple[int, list[str]]:
    """The exit code, and what a user can cure, a line for each; no lines for what nobody foresaw."""
    match error:
        case SyncguardError():
            return error.exit_code, str(error).splitlines()
        case click.ClickException():
            ctx = error.ctx if isinstance(error, click.UsageError) else None
            return FAILED, [error.format_message() + (f" (see {ctx.command_path} --help)" if ctx else "")]
        case click.Abort() | KeyboardInterrupt():
            return INTERRUPTED, ["interrupted"]
        case Terminated():
            return error.code, [f"ended by {error}"]
        case OSError() if said := refusal(error, doing="writing the output"):
            return FAILED, [said]  # the machine's fault, not ours: no space, no permission
        case _:
            return FAILED, []


def _document(code: int, faults: Sequence[str]) -> None:
    """What is wrong, for a program."""
    try:
        show({"schema": SCHEMA, "exit_code": code, "errors": list(faults)})
    except OSError:  # whoever does not listen is not told
        _give_up_stdout()


def complain(*lines: str) -> None:
    """Each line on stderr, on its own."""
    with suppress(OSError):  # whoever does not listen is not told
        for line in lines:
            print(f"syncguard: error: {plain(line)}", file=sys.stderr, flush=True)


def _give_up_stdout() -> None:
    """What is still buffered goes nowhere: Python would complain of it once more when it ends."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _open_closed_streams() -> None:
    """Whoever closed a standard stream is not interested in it; the verdict is in the exit code all the same.

    The handles are filled too: else the next file that is opened would be what children write to.
    """
    while (handle := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(handle)
    sys.stdout = sys.stdout or io.TextIOWrapper(io.FileIO(1, "w", closefd=False))
    sys.stderr = sys.stderr or io.TextIOWrapper(io.FileIO(2, "w", closefd=False))


def _print_anything() -> None:
    """Names of files may be no text at all, and not every terminal speaks UTF-8: neither ends a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
