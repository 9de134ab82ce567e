"""Bytes in, findings out: line ends, escapes, half lines, long lines, memory."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Remedy, Stage
from pytest_syncguard.stack.watch import FileVerdict, Finding, Judge, Patterns, judge_file
from pytest_syncguard.stack.watch.lines import CONTEXT, PIECE, TEXT_LIMIT


def judge(**settings: object) -> Judge:
    return Judge(Patterns.of(Stage(name="s", resource="s", **settings)))  # type: ignore[arg-type]


def told(findings: list[Finding]) -> list[tuple[str, int, str]]:
    return [(finding.kind, finding.line, finding.text) for finding in findings]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_three_ways(end: bytes) -> None:
    r"""``\n``, ``\r\n`` and a lone ``\r`` each end one line."""
    watched = judge()

    findings = watched.feed(end.join((b"one", b"two", b"error: three", b"four", b"")))

    assert told(findings) == [("error", 3, "error: three")]
    assert watched.lines == 4


def test_carriage_return_and_newline_may_come_apart() -> None:
    r"""A ``\r\n`` cut between its two bytes is still one line end."""
    watched = judge()

    findings = watched.feed(b"one\r") + watched.feed(b"\nerror: two\r") + watched.feed(b"") + watched.feed(b"\n")

    assert told(findings) == [("error", 2, "error: two")]
    assert watched.lines == 2


def test_half_line_is_judged_when_it_ends() -> None:
    """Nothing is said of a half line before it ends, however it continues."""
    watched = judge()

    assert watched.feed(b"1 erro") == []
    assert watched.feed(b"r_handler.rs compiled, 0 error") == []
    assert watched.feed(b"s\n") == []


def test_close_judges_the_last_line() -> None:
    """Tilt's `Build Failed: …` has no newline at its end; it counts when the log is closed, once."""
    watched = judge()

    assert watched.feed(b"ok\nBuild Failed: exit status 2") == []
    assert told(watched.close()) == [("error", 2, "Build Failed: exit status 2")]
    assert watched.close() == []
    assert watched.lines == 2


def test_peek_judges_the_half_line_and_leaves_it() -> None:
    """`peek` tells what the half line would be, as often as it is asked, and takes nothing."""
    watched = judge(success=("ready>",))
    watched.feed(b"ready> ")

    assert told(watched.peek()) == told(watched.peek()) == [("success", 1, "ready> ")]
    assert (watched.lines, watched.succeeded) == (0, False)
    assert told(watched.feed(b"error: no\n")) == [("error", 1, "ready> error: no")]
    assert watched.peek() == []


def test_errors_come_before_success_within_a_feed() -> None:
    """Errors are told first, though the success stood before them; an error line is no success."""
    watched = judge(success=("Finished",))

    findings = watched.feed(b"Finished\nerror: late\nerror: Finished badly\n")

    assert told(findings) == [
        ("error", 2, "error: late"),
        ("error", 3, "error: Finished badly"),
        ("success", 1, "Finished"),
    ]


def test_ignored_line_is_no_error_and_may_be_success() -> None:
    """`ignore` wins over every sign of error, the stage's own too, and says nothing of success."""
    watched = judge(errors=("boom",), ignore=("known flake",), success=("up$",))

    assert watched.feed(b"error: KNOWN FLAKE\nboom, known flake\n") == []
    assert told(watched.feed(b"error: known flake, up\nboom\n")) == [
        ("error", 4, "boom"),
        ("success", 3, "error: known flake, up"),
    ]


def test_own_signs_of_error() -> None:
    """A stage's errors and the matches of its remedies are signs, in any case, even where the set is silent."""
    watched = judge(errors=("^gone wild",), remedies=(Remedy(match="TS9999|needs install", run=("true",)),))

    findings = watched.feed(b"npm warn\nGone Wild\nnpm warn needs install\nsee ts9999\n")

    assert [(finding.line, finding.pattern) for finding in findings] == [
        (2, "^gone wild"),
        (3, "TS9999|needs install"),
        (4, "TS9999|needs install"),
    ]


def test_success_is_taken_as_written() -> None:
    """Signs of success heed case unless they say otherwise themselves."""
    assert judge(success=("Ready",)).feed(b"ready\n") == []
    assert told(judge(success=("(?i)Ready",)).feed(b"ready\n")) == [("success", 1, "ready")]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x1b[1m\x1b[31merr\x1b[0mor\x1b[K: no",
        b"\x1b]0;building\x07error: no",
        b"\x1b]8;;http://x\x1b\\err\x1b]8;;\x1b\\or: no",
        b"\x1b(Berror: no\x1b7\x1b=",
        b"er\x00ror\x08: no\x7f",
        b"\x1b[38;2;255;0;0merror\x1b[m: no",
    ],
)
def test_escapes_are_stripped_though_cut_in_two(raw: bytes) -> None:
    """Colours, titles, links and control characters are gone before matching, wherever feeds cut them."""
    for cut in range(len(raw)):
        watched = judge()
        findings = watched.feed(raw[:cut]) + watched.feed(raw[cut:] + b"\n")
        assert told(findings) == [("error", 1, "error: no")], cut


def test_title_that_never_ends_hides_nothing() -> None:
    """An escape without an end takes only itself away, not the error behind it."""
    assert [finding.kind for finding in judge().feed(b"\x1b]0;title error: no\n")] == ["error"]


def test_cursor_movement_keeps_words_apart() -> None:
    """What a spinner overwrites is apart from what it writes next."""
    assert told(judge().feed(b"building\x1b[2K\x1b[1Gerror: no\n")) == [("error", 1, "building error: no")]


def test_text_that_is_no_utf8() -> None:
    """Broken bytes break nothing: the text of a finding is valid, without what could command a terminal."""
    findings = judge().feed(b"caf\xe9 \xff error: \xc2\x9b31m \xe2\x80\xae \tx\n")

    assert told(findings) == [("error", 1, "caf\ufffd \ufffd error: 31m     x")]
    assert findings[0].text.isprintable()


def test_finding_is_cut_around_its_sign() -> None:
    """The text of a finding has at most 2,000 characters, and the sign stands in it."""
    (finding,) = judge().feed(b"x" * 30_000 + b" error: here " + b"y" * 30_000 + b"\n")

    assert len(finding.text) == TEXT_LIMIT
    assert "error: here" in finding.text


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize(
    "offset",
    [0, 1, PIECE - CONTEXT - 9, PIECE - CONTEXT - 1, PIECE - CONTEXT, PIECE - 3, PIECE, PIECE + 5, 3 * PIECE - 4],
)
def test_sign_in_a_long_line_is_found_once_wherever_it_stands(offset: int, end: bytes) -> None:
    """A sign across the seams of a long line is found, and only once."""
    line = b"y " * (offset // 2) + b" " * (offset % 2) + b"error: here" + b" z" * (2 * PIECE)
    watched = judge(success=("done",))

    findings = [each for at in range(0, len(line), 9999) for each in watched.feed(line[at : at + 9999])]
    assert findings == []
    assert [finding.kind for finding in watched.peek()] == ["error"]
    findings = watched.feed(end + b"done" * bool(end)) + watched.close()

    assert [(finding.kind, finding.line) for finding in findings] == [("error", 1), ("success", 2)][: 1 + bool(end)]
    assert "error: here" in findings[0].text


def test_long_line_obeys_the_same_rules() -> None:
    """Ignoring, innocence, anchors and colours hold in long lines as in short ones."""
    filler = b"x " * PIECE
    watched = judge(ignore=("known",), success=("^up$", "end$"), errors=("^boom",))

    assert watched.feed(filler + b"error: no" + filler + b"known" + filler + b"\n") == []
    assert watched.feed(b"npm warn " + filler + b"error: no\n") == []
    assert watched.feed(filler + b"up" + filler + b"boom 0 errors" + filler + b"\n") == []
    assert [finding.kind for finding in watched.feed(filler + b"\x1b[31merr\x1b[0mor: no" + filler + b"\n")] == [
        "error"
    ]
    assert [finding.kind for finding in watched.feed(b"boom" + filler + b"\n" + filler + b"end\n")] == [
        "error",
        "success",
    ]
    assert watched.lines == 6


@pytest.mark.parametrize("line", [b"x" * 1_000, b"\xe2\x82\xac" * 3_500_000, b"\x1b[31m" * 400_000], ids=len)
def test_memory_does_not_grow_with_the_log(line: bytes) -> None:
    """Ten megabytes and more, in short lines or in one, need a few megabytes at most."""
    watched = judge(success=("never",))
    chunk = (line + b"\n") * max(1, PIECE // len(line))
    tracemalloc.start()
    try:
        for _ in range(2 if len(line) > PIECE else 300):
            for at in range(0, len(chunk), PIECE):
                watched.feed(chunk[at : at + PIECE])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 6_000_000


def test_tail_and_last_line() -> None:
    """The last lines are at hand, clean, the half line among them; blank ones are no last line."""
    watched = judge()
    watched.feed(b"".join(b"\x1b[1mline %d\x1b[0m\r\n" % number for number in range(1, 10_001)) + b"\n  \n")

    assert watched.last_line == "line 10000"
    assert watched.tail(4) == ["line 9999", "line 10000", "", "  "]
    watched.feed(b"\x1b[32mhalf")
    assert watched.last_line == "half"
    assert watched.tail(2) == ["  ", "half"]
    assert watched.tail(0) == []
    assert len(watched.tail()) == 100


def test_counts_and_firsts() -> None:
    """A judge remembers how many errors there were and the first sign of each kind, and no more."""
    watched = judge(success=("up",))
    watched.feed(b"up\nerror: a\n")
    watched.feed(b"error: b\nup again\n")

    assert watched.errors == 2
    assert watched.first_error is not None
    assert watched.first_error.text == "error: a"
    assert watched.success is not None
    assert watched.success.line == 1


@pytest.mark.parametrize(
    ("log", "success", "healthy"),
    [
        (b"Finished\n", ("Finished",), True),
        (b"Finished", ("Finished",), True),
        (b"Finished\nerror: no", ("Finished",), False),
        (b"nothing\n", ("Finished",), False),
        (b"nothing\n", (), True),
        (b"", (), True),
        (b"", ("Finished",), False),
    ],
)
def test_file_is_healthy_without_error_and_with_its_success(
    log: bytes, success: tuple[str, ...], healthy: bool, tmp_path: Path
) -> None:
    """A saved log is healthy when no line is an error and, where success has a sign, one line is it."""
    path = tmp_path / "a.log"
    path.write_bytes(log)
    patterns = Patterns.of(Stage(name="s", resource="s", success=success))

    verdict = judge_file(path, patterns)

    assert verdict.healthy is healthy
    assert verdict == judge_file(str(path), patterns) == judge_file(io.BytesIO(log), patterns)


def test_file_verdict_tells_where() -> None:
    """The verdict names the first error, the first success and the number of lines."""
    patterns = Patterns.of(Stage(name="s", resource="s", success=("up",)))

    assert judge_file(io.BytesIO(b"up\nfatal: a\nfatal: b"), patterns) == FileVerdict(
        healthy=False,
        first_error=Finding("error", 2, "fatal: a", r"(?<![\w./\\@$?&-])fatal(?![\w/\\(=-]|\.\w|::| warnings\b)"),
        success=Finding("success", 1, "up", "up"),
        lines=3,
    )


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there is told in one line."""
    with pytest.raises(SyncguardError, match=r"cannot read .*gone\.log: No such file"):
        judge_file(tmp_path / "gone.log", Patterns.builtin())


@pytest.mark.parametrize("key", ["errors", "ignore", "success"])
def test_expression_that_is_none(key: str) -> None:
    """A faulty expression is named with its stage, key and position."""
    stage = Stage(name="server", resource="server", **{key: ("fine", "a(b")})  # type: ignore[arg-type]

    with pytest.raises(SyncguardError, match=rf"stage 'server', {key}: 'a\(b' .* at position 1"):
        Patterns.of(stage)


def test_faulty_expression_of_a_remedy() -> None:
    """The match of a remedy is checked like the others."""
    stage = Stage(name="server", resource="server", remedies=(Remedy(match="*", run=("true",)),))

    with pytest.raises(SyncguardError, match=r"stage 'server', remedy\.match: '\*' .* at position 0"):
        Patterns.of(stage)
