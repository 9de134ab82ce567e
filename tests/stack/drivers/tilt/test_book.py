"""Which lines of Tilt's log count for a build: input is what Tilt wrote, output is what is judged."""

from __future__ import annotations

import pytest

from pytest_syncguard.stack.drivers.base import Reread
from pytest_syncguard.stack.drivers.tilt.book import BuildBook, newest_build
from pytest_syncguard.stack.drivers.tilt.client import Entry

UPDATE = "cmd:server:update"


def opens(number: int, message: str = "CLI Trigger") -> Entry:
    return Entry("server", f"build:{number}", "init", message)


def line(message: str, span: str = UPDATE) -> Entry:
    return Entry("server", span, "", message)


OLD = [
    opens(1, "Initial Build"),
    line("Running cmd: make"),
    line("Finished"),
    line("Running cmd: ./serve", "localserve:1"),
    line("listening", "localserve:1"),
]


def judged(*entries: Entry, number: int = 0) -> str:
    """What counts of these lines, for a book that was opened when build ``number`` was the newest."""
    book = BuildBook(number)
    book.add(entries)
    return book.section.take().decode()


def test_a_newer_build_opens_a_section_of_its_own() -> None:
    """Of the older one nothing is left, its process included."""
    assert judged(*OLD) == "Finished\nlistening\n"
    assert judged(*OLD, opens(2), line("Compiling")) == "Compiling\n"


@pytest.mark.parametrize("number", [1, 2])
def test_the_mark_of_an_older_build_or_the_same_opens_nothing(number: int) -> None:
    """Tilt writes two such lines for each build, and tells the history again to a new reader."""
    assert judged(opens(2), line("Compiling"), opens(number), line("Finished")) == "Compiling\nFinished\n"


def test_the_cause_of_a_build_is_no_line_of_it() -> None:
    """A changed file may be called anything."""
    assert judged(opens(2, "1 File Changed: error.rs")) == ""


def test_what_tilt_says_of_the_build_itself_counts() -> None:
    """But not of another one."""
    said = line("Build Failed: exit status 1", "build:2")
    assert judged(opens(2), said) == "Build Failed: exit status 1\n"
    assert judged(opens(3), said) == ""


def test_the_echo_of_a_command_never_counts() -> None:
    """It may hold any sign; in the middle of a line, too, where the line before it had no end."""
    assert judged(opens(2), line("Running cmd: echo Finished")) == ""
    assert judged(opens(2), line("half a lineRunning cmd: echo Finished")) == ""
    assert judged(opens(2), line("Running cmd: make"), line("I say Running cmd: it")) == "I say Running cmd: it\n"


def test_a_process_counts_from_its_own_start_on() -> None:
    """What the old one still says while the new build runs is nobody's."""
    entries = [*OLD, opens(2), line("old: error", "localserve:1"), line("new", "localserve:2")]
    assert judged(*entries) == ""

    entries += [line("Running cmd: ./serve", "localserve:2"), line("new: listening", "localserve:2")]
    assert judged(*entries, line("old: error", "localserve:1")) == "new: listening\n"


def test_a_pod_that_is_known_is_the_old_one() -> None:
    """A pod that first speaks after the mark is the build's."""
    entries = [opens(1), line("v1 up", "pod:a"), opens(2), line("v1 error", "pod:a"), line("v2 up", "pod:b")]
    assert judged(*entries) == "v2 up\n"


def test_what_was_written_before_a_trigger_is_nobodys() -> None:
    """Though the mark of the build that it causes may be lost later."""
    book = BuildBook()
    book.add(OLD)
    book.expect()
    book.add([line("late", "localserve:1"), line("Compiling")])
    book.adopt(2)

    assert (book.section.number, book.section.take()) == (2, b"Compiling\n")


def test_a_tail_read_afresh_holds_the_lines_of_the_build_in_question() -> None:
    """Not those that stand before its mark, not those of a newer one."""
    book = BuildBook()
    book.add([*OLD, opens(2), line("Running cmd: ./serve", "localserve:2")])
    tail = [*OLD, opens(2), line("Finished"), line("up", "localserve:2"), line("old", "localserve:1")]

    assert newest_build(tail, book.section) == Reread(b"Finished\nup\n", whole=True)
    assert newest_build(tail[-2:], book.section) == Reread(b"up\n")
    assert newest_build([*tail, opens(3), line("Finished")], book.section) == Reread(b"")


def test_the_log_of_a_build_is_whole_from_its_mark_on() -> None:
    """The echo of its command may stand before that, on a line of the older build; a container's log never is whole."""
    book = BuildBook()
    book.add([*OLD, line("half a line"), opens(2), line("Running cmd: make"), line("Fin"), line("ished")])
    joined = [*OLD, line("half a lineRunning cmd: make"), opens(2), line("err: Running cmd: it"), line("Finished")]

    assert newest_build(joined, book.section) == Reread(b"err: Running cmd: it\nFinished\n", whole=True)
    assert not newest_build([*joined, line("started", "dc:server")], book.section).whole


def test_the_lines_since_the_mark_are_counted() -> None:
    """All of the resource's: so many lines from the log's end lead back to it."""
    book = BuildBook()
    book.add([*OLD, opens(2), opens(2), line("Running cmd: make"), line("old", "localserve:1"), line("Finished")])
    assert book.section.count == 5
