"""The block scanner finds what every line, looked at by itself with every rule, would give."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_syncguard.settings.model import PatternSet, Stage
from pytest_syncguard.stack.watch import Judge, Patterns, longline
from pytest_syncguard.stack.watch import judge as judging
from pytest_syncguard.stack.watch.lines import plain_and_lower
from pytest_syncguard.stack.watch.literals import FOLDED, required_literals

Told = list[tuple[str, int, str]]

ATOMS = [
    "error",
    "Error",
    "fail",
    "finish",
    "k",
    "S",
    "ab",
    "a",
    "é",
    "0 ",
    ": ",
    r"\d",
    r"\w",
    ".",
    "[ab]",
    "[Ee]",
    "[^x]",
]
FLAGS = st.sampled_from(["", "(?i)", "(?a)", "(?s)", "(?m)", "(?x)", "(?ai)"])


def repeated(inner: str, how: str) -> str:
    return f"(?:{inner}){how}"


EXPRESSIONS = st.recursive(
    st.sampled_from([*ATOMS, r"\b", "^", "$", "(?<=a)", "(?!b)", "(?=e)"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("|".join).map("({})".format),
        st.builds(repeated, inner, st.sampled_from(["?", "*", "+", "{2}", "{0,1}", "+?", "++"])),
        st.builds("(?i:{})".format, inner),
        st.builds("(?>{})".format, inner),
    ),
    max_leaves=8,
)


def compiles(expression: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            re.compile(expression)
        except (re.error, Warning):
            return False
    return True


PATTERNS = st.builds("{}{}".format, FLAGS, EXPRESSIONS).filter(compiles)
FRAGMENTS = [
    *(atom.encode() for atom in ATOMS[:11]),
    *FOLDED,
    "ERROR: K FAılED ſ".encode(),
    b"error: no",
    b"0 errors",
    b"failed",
    b"npm warn ",
    b"panic: ",
    b"exit code 1",
    b"Finished",
    b"\n",
    b"\n",
    b"\r",
    b"\r\n",
    b"\x1b[31m",
    b"\x1b[",
    b"\x1b",
    b"\x1b]0;t\x07",
    b"\x1b]0;t",
    b"\x00",
    b"\xff",
    b"\xe2\x82",
    b"\t",
    b" ",
]
LOGS = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(b"".join)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def chunks(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def line_by_line(data: bytes, stage: Stage) -> Told:
    """What the rules say, applied to each line by the book."""
    lines = re.split(rb"\r\n|\n|\r", data)
    if lines[-1] == b"":
        lines.pop()
    builtin = Patterns.builtin(stage.patterns)
    found: Told = []
    for number, raw in enumerate(lines, 1):
        plain, lower = plain_and_lower(raw)
        text = plain.decode("utf-8", "replace")
        if not any(re.search(pattern, text, re.IGNORECASE) for pattern in stage.ignore):
            own = next((each for each in stage.errors if re.search(each, text, re.IGNORECASE)), None)
            hit = builtin.judge(plain, lower) if own is None else None
            if own is not None or hit is not None:
                found.append(("error", number, own if own is not None else hit.pattern if hit else ""))
                continue
        success = next((each for each in stage.success if re.search(each, text)), None)
        if success is not None:
            found.append(("success", number, success))
    return found


def judged(data: bytes, stage: Stage, cuts: Sequence[int]) -> Told:
    watched = Judge(Patterns.of(stage))
    findings = [finding for chunk in chunks(data, cuts) for finding in watched.feed(chunk)] + watched.close()
    return sorted((finding.kind, finding.line, finding.pattern) for finding in findings)


@settings(max_examples=250, deadline=None)
@given(
    data=LOGS,
    cuts=CUTS,
    errors=st.lists(PATTERNS, max_size=3),
    ignore=st.lists(PATTERNS, max_size=1),
    success=st.lists(PATTERNS, max_size=2),
    mode=st.sampled_from(["default", "strict"]),
)
@example(
    data="FAİLED\nfaıled ſtep K".encode(), cuts=[3], errors=["failed", "step k"], ignore=[], success=[], mode="strict"
)
@example(data=b"a\x1b\n[31merror: no", cuts=[2], errors=[], ignore=[], success=["a"], mode="default")
def test_block_scanner_equals_line_by_line(
    data: bytes, cuts: list[int], errors: list[str], ignore: list[str], success: list[str], mode: PatternSet
) -> None:
    """Random expressions, random logs, random chunks: the same findings as each line by itself."""
    stage = Stage("s", "s", errors=tuple(errors), ignore=tuple(ignore), success=tuple(success), patterns=mode)

    assert judged(data, stage, cuts) == sorted(line_by_line(data, stage))


@settings(max_examples=150, deadline=None)
@given(pattern=PATTERNS, caseless=st.booleans(), texts=st.lists(LOGS, min_size=1, max_size=5))
def test_required_literals_are_required(pattern: str, caseless: bool, texts: list[bytes]) -> None:
    """Where an expression matches, one of its words stands, or a character that case folding takes for ASCII."""
    flags = re.IGNORECASE if caseless else 0
    words = required_literals(pattern, flags)

    for data in texts:
        text = data.decode("utf-8", "replace")
        if words is not None and re.search(pattern, text, flags):
            lower = text.encode().lower()
            assert any(word in lower for word in (*words, *FOLDED))


def test_folded_characters_are_all() -> None:
    """No other character than those in `FOLDED` matches an ASCII letter when case is ignored."""
    letter = re.compile("[a-z]", re.IGNORECASE)
    beyond = {chr(code) for code in range(128, 0x110000) if letter.fullmatch(chr(code))}

    assert {char.encode() for char in beyond} == set(FOLDED)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("TS2688|Cannot find type definition file", {b"ts2688", b"cannot find type definition file"}),
        (r"Running `target/debug/server", {b"running `target/debug/server"}),
        (r"^\s*ready in \d+ ?ms$", {b"ready in "}),
        ("(foo)?bar+", {b"ba"}),
        (r"\berr(?=x)or\b", {b"error"}),
        ("[Ff]ailed", {b"failed"}),
        ("(one|two){2}", {b"one", b"two"}),
        ("a|b", set()),
        (r"\d+ \w+", set()),
        ("", set()),
    ],
)
def test_words_of_common_expressions(pattern: str, words: set[bytes]) -> None:
    """The words are as long as they can be, and absent where a match may hold none."""
    assert set(required_literals(pattern) or ()) == words


@settings(max_examples=100, deadline=None)
@given(
    before=st.integers(0, 300),
    after=st.integers(0, 300),
    sign=st.sampled_from(["error: no", "Finished", "own sign", "\x1b[31merr\x1b[0mor: no"]),
    filler=st.sampled_from(["x ", "é ", "\x1b[1m", "ab\x00"]),
    cuts=CUTS,
)
def test_long_lines_equal_short_ones(before: int, after: int, sign: str, filler: str, cuts: list[int]) -> None:
    """With pieces of a few bytes, a sign anywhere in a line longer than many pieces is found as in a short one."""
    stage = Stage("s", "s", errors=("own sign",), success=("Finished",))
    data = f"first\n{filler * before} {sign} {filler * after}\nlast".encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "PIECE", 96)
        patch.setattr(longline, "CONTEXT", 32)
        found = judged(data, stage, cuts)

    assert found == line_by_line(data, stage)


@pytest.mark.parametrize("innocent", ["0 errors", "src/error b", "no failed tests", "exit code 0"])
def test_seams_of_long_lines_take_no_context_away(innocent: str) -> None:
    """What makes a word innocent is seen though a seam lies between them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "PIECE", 96)
        patch.setattr(longline, "CONTEXT", 32)
        found = [
            offset
            for offset in range(200)
            if judged(f"{'-' * offset} {innocent} {'-' * 300}\n".encode(), Stage("s", "s"), [])
        ]

    assert found == []
