"""Regular expressions: those of RE2, found as Python finds them, and never slow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable.formulas.regex import machine
from pytest_syncguard.testing.airtable.formulas.regex.machine import Budget
from pytest_syncguard.testing.airtable.formulas.regex.pattern import Pattern, pattern
from pytest_syncguard.testing.airtable.formulas.values import Broken, Fault
from tests.testing.airtable.formulas.record import evaluate


def _found(regex: str, text: str) -> list[str]:
    return [text[begin:end] for begin, end, *_ in pattern(regex).matches(text, Budget())]


@pytest.mark.parametrize(
    ("regex", "text", "found"),
    [
        (r"\d+", "a1b22", ["1", "22"]),
        (r"\D\W\S", "a !", ["a !"]),
        (r"\bcat\b", "cat concat cat", ["cat", "cat"]),
        (r"\Bcat", "cat concat", ["cat"]),
        (r"[a-c]+", "abcd", ["abc"]),
        (r"[^a-c]", "abcd", ["d"]),
        (r"[]a]+", "a]b", ["a]"]),
        (r"[a\-z]+", "a-zb", ["a-z"]),
        (r"[a-]+", "a-b", ["a-"]),
        (r"[\d.]+", "1.5x", ["1.5"]),
        (r"[[:upper:]]+", "aBCd", ["BC"]),
        (r"[[:^upper:]]+", "BcdE", ["cd"]),
        (r"\p{Lu}+", "aÉBc", ["ÉB"]),
        (r"\pN+|\p{^L}", "a1é!", ["1", "!"]),
        (r"\P{L}", "a1", ["1"]),
        (r"(?i)straße", "STRAßE", ["STRAßE"]),
        (r"(?i:a)b", "Ab AB", ["Ab"]),
        (r"a(?i)b|c", "aB C", ["aB", "C"]),
        (r"(?s)a.b", "a\nb", ["a\nb"]),
        (r"a.b", "a\nb", []),
        (r"(?U)a+", "aaa", ["a", "a", "a"]),
        (r"a+?", "aa", ["a", "a"]),
        (r"a{2}", "aaaaa", ["aa", "aa"]),
        (r"a{2,}", "aaaaa", ["aaaaa"]),
        (r"a{1,2}?", "aaa", ["a", "a", "a"]),
        (r"a{,2}", "a{,2}", ["a{,2}"]),
        (r"a{x", "a{x", ["a{x"]),
        (r"(?:ab)+", "abab", ["abab"]),
        (r"(?P<x>a)|(?<y>b)", "ab", ["a", "b"]),
        (r"a|ab", "ab", ["a"]),
        (r"\Qa.b\E+", "a.bb", ["a.bb"]),
        (r"\x41\x{42}\t\.", "AB\t.", ["AB\t."]),
        (r"\Aa|b\z", "aab", ["a", "b"]),
        (r"x*", "ab", ["", "", ""]),
        (r"(?:)*", "a", ["", ""]),
        (r"(a*)*", "aa", ["aa", ""]),
        (r"", "a", ["", ""]),
        (r"(?:(?:b){0,2}?)*", "b", ["", ""]),
        (r"(\w+\s?)+$", "one two", ["one two"]),
    ],
)
def test_the_language(regex: str, text: str, found: list[str]) -> None:
    """All matches from the left to the right, each the one that comes first and is preferred."""
    assert _found(regex, text) == found


@pytest.mark.parametrize(
    "regex",
    [
        "(", ")", "[", "[a", "a**", "a+*", "*a", "+", "a{2}{3}", "a{1001}", "a{2,1}", "\\", r"\1", r"\y", r"\x4",
        "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?#a)", "(?P=a)", "[b-a]", r"[\d-z]", "[[:nope:]]", "(?z)a",
        r"\p{Greeks}", r"\pé",        r"\x{110000}", "(" * 60 + ")" * 60, "()" * 200,
        "a" * 2001, "(a{1000}){1000}", "((((a{9}){9}){9}){9}){9}",
    ],
)  # fmt: skip
def test_what_is_no_regular_expression(regex: str) -> None:
    """What RE2 has not, and what is too large, is refused."""
    with pytest.raises(Broken):
        pattern(regex)


@pytest.mark.parametrize(
    ("regex", "text", "matches"),
    [
        ("^(a+)+$", "a" * 5000 + "b", False),
        ("(a|aa)+$", "a" * 5000 + "b", False),
        ("(a*)*b", "a" * 5000, False),
        ("a*a*a*a*a*b", "a" * 5000, False),
        ("(a?){40}a{40}", "a" * 40, True),
        ("a?" * 40 + "a" * 40, "a" * 40, True),
        (".*.*.*=x", "=" * 2000, False),
        (r"^(\w+\s?)*$", "word " * 1000 + "!", False),
        ("(((((a*)*)*)*)*)*b", "a" * 1000, False),
        ("((){1000}){1000}x", "y" * 100, False),
    ],
)
def test_patterns_that_make_other_machines_hang(regex: str, text: str, matches: bool) -> None:
    """No pattern takes exponentially long; these would take years if each way was tried after the other."""
    assert (next(pattern(regex).matches(text, Budget()), None) is not None) is matches


@pytest.mark.parametrize("part", ["REGEX_MATCH(REPT('a',100000),'(a?){300}b')", "REGEX_MATCH(REPT('a',3000),'.*.*b')"])
def test_a_formula_has_a_budget(part: str) -> None:
    """What takes too long even so, in one search or in hundreds together, is an error and not a wait."""
    assert evaluate("&".join([part] * 300)) == Fault("#ERROR!")


PARTS = st.sampled_from(["a", "b", "ab", ".", "[ab]", "[^a]", r"\b", "^", "$", "(?:)", "c"])
PATTERNS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("abc\n", max_size=8))
def test_both_machines_agree_with_python(regex: str, text: str) -> None:
    """What is found by following all ways at once is what is found by trying one after the other."""
    made = pattern(regex)
    expected = re.search(regex.replace("$", r"\Z"), text)
    slow = machine.search(made.steps, made.groups, text, 0, Budget())
    quick = next(made.matches(text, Budget()), None)

    assert (slow and slow[:2]) == (expected and expected.span())
    assert (quick and quick[:2]) == (expected and expected.span())


@settings(deadline=None)  # the categories of Unicode are found once
@given(st.text("ab()[]{}*+?|\\^$.-:<>=!,dwspPQExi01 ", max_size=20), st.text("ab01 ", max_size=10))
def test_no_text_does_harm(regex: str, text: str) -> None:
    """Any text is a regular expression or is refused, and then it is searched for without an error."""
    try:
        made = pattern(regex)
    except Broken:
        return
    assert isinstance(made, Pattern)
    for spans in made.matches(text, Budget()):
        assert 0 <= spans[0] <= spans[1] <= len(text)
