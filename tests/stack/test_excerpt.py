"""The lines of a failed build's log that are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_syncguard.stack.excerpt import SHOWN, cause, excerpt, is_place
from pytest_syncguard.stack.outcome import TAIL, Kind, Outcome
from pytest_syncguard.stack.watch import Judge, Patterns


def rustc(n: int) -> str:
    return f"error[E0425]: cannot find value `a{n}` in this scope\n  --> src/main.rs:{n}:5\n   |\n{n} |     a{n};\n\n"


def tsc(n: int) -> str:
    return f"src/a.ts({n},1): error TS2304: Cannot find name 'a{n}'.\n"


def coloured(n: int) -> str:
    return f"\x1b[31merror: no {n}\x1b[0m\r\n\x1b[34m  --> \x1b[0msrc/a.rs:{n}:5\r\n"


def outcome(log: Path, text: str) -> Outcome:
    """What a build that wrote this came to."""
    log.write_bytes(text.encode())
    judge = Judge(Patterns.builtin())
    findings = judge.feed(text.encode())
    return Outcome(Kind.ERROR, findings[0].text, tuple(findings), tuple(judge.tail(TAIL)))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            rustc,
            [
                "  --> src/main.rs:1:5",
                "error[E0425]: cannot find value `a2` in this scope",
                "  --> src/main.rs:2:5",
                "error[E0425]: cannot find value `a3` in this scope",
            ],
        ),
        (tsc, [f"src/a.ts({n},1): error TS2304: Cannot find name 'a{n}'." for n in (2, 3, 4, 5)]),
        (coloured, ["  --> src/a.rs:1:5", "error: no 2", "  --> src/a.rs:2:5", "error: no 3"]),
    ],
)
def test_four_hundred_errors(tmp_path: Path, error: Callable[[int], str], expected: list[str]) -> None:
    """The first ones, each with the line below it where that says in which file it is."""
    log = tmp_path / "a.log"
    found = excerpt(outcome(log, "Compiling\n" + "".join(map(error, range(1, 401)))), log)

    assert list(found[:4]) == expected
    assert len(found) == SHOWN - 1


RAISED = """serving
{0}Traceback (most recent call last):
{0}  File "/app/main.py", line 3, in <module>
{0}    main()
other | GET / 200
{0}{1}
{0}During handling of the above exception, another exception occurred:
"""


@pytest.mark.parametrize("prefix", ["", "web-1  | ", "2026-11-21 10:00:00 "])
@pytest.mark.parametrize("raised", ["ValueError: no such port", "shop.Closed", "KeyboardInterrupt", "KeyError: 'a'"])
def test_the_cause_of_a_traceback_is_its_exception(tmp_path: Path, prefix: str, raised: str) -> None:
    """Whatever it is called, in its own line, and whoever else writes between."""
    text = RAISED.format(prefix, raised)
    found = cause(outcome(tmp_path / "a.log", text if prefix else text.replace("other | GET / 200\n", "")))

    assert found is not None
    assert (found.text, found.line) == (prefix + raised, 6 if prefix else 5)


def test_a_traceback_keeps_its_first_line(tmp_path: Path) -> None:
    """Also where nothing stands before it: what is told by itself is its exception."""
    log, text = tmp_path / "a.log", 'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: no\n'

    assert excerpt(outcome(log, text), log) == tuple(text.splitlines())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("error: no\nValueError: yes\n", "error: no"),
        ("Traceback (most recent call last):\n  File 'a.py', line 3\n", "Traceback (most recent call last):"),
    ],
)
def test_the_cause_of_anything_else_is_its_first_error(tmp_path: Path, text: str, line: str) -> None:
    """Also of a traceback that breaks off."""
    found = cause(outcome(tmp_path / "a.log", text))

    assert found is not None
    assert found.text == line


def test_the_last_error_keeps_its_place(tmp_path: Path) -> None:
    """Where lines between the first error and the last are left out."""
    log = tmp_path / "a.log"
    found = excerpt(outcome(log, rustc(1) + "note\n" * 50 + rustc(2)), log)

    assert found[-3:] == ("…", "error[E0425]: cannot find value `a2` in this scope", "  --> src/main.rs:2:5")


def test_a_log_that_is_not_there_has_its_errors_all_the_same(tmp_path: Path) -> None:
    """What was read is known without it."""
    log = tmp_path / "a.log"
    came_to = outcome(log, "".join(map(rustc, range(1, 401))))
    log.unlink()

    assert excerpt(came_to, log)[0] == "error[E0425]: cannot find value `a2` in this scope"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("  --> src/main.rs:3:5", True),
        ("    src/app.ts:3:5:", True),
        ("    at Object.<anonymous> (lib/a.js:3:5)", True),
        ('  File "server/a.py", line 3', True),
        ("./main.go:3:5", True),
        ("   |", False),
        ("note: this is it", False),
        ("version 1.2: 3", False),
        ("For more information, see https://example.org", False),
        ("", False),
    ],
)
def test_what_a_place_is(line: str, place: bool) -> None:
    """A file and a line, and hardly anything else."""
    assert is_place(line) is place
