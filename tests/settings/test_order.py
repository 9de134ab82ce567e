"""Stages are synced as configured, but never before what they need or come after."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_syncguard.settings.order import in_order

NAMES = list("abcdef")
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from([*NAMES, "unknown"]), max_size=3))


@pytest.mark.parametrize(
    ("names", "before", "expected"),
    [
        ("abc", {}, "abc"),
        ("abc", {"c": "a"}, "abc"),
        ("cab", {"c": "a"}, "acb"),
        ("cab", {"c": "ab"}, "abc"),
        ("dcba", {"d": "c", "c": "b", "b": "a"}, "abcd"),
        ("abc", {"a": "?"}, "abc"),
    ],
)
def test_the_configured_order_is_kept_where_it_can_be(names: str, before: dict[str, str], expected: str) -> None:
    """What may come next as written comes next."""
    assert in_order(names, before) == (list(expected), [])


@pytest.mark.parametrize(
    ("before", "cycles"),
    [
        ({"a": "a"}, ["aa"]),
        ({"a": "b", "b": "a"}, ["aba"]),
        ({"a": "b", "b": "c", "c": "b"}, ["bcb"]),
        ({"a": "b", "b": "a", "c": "d", "d": "c"}, ["aba", "cdc"]),
    ],
)
def test_every_cycle_is_named(before: dict[str, str], cycles: list[str]) -> None:
    """Each cycle is told once, closed, and apart from stages that only hang on it."""
    placed, found = in_order("abcd", before)

    assert ["".join(cycle) for cycle in found] == cycles
    assert sorted(placed) == list("abcd")


@given(before=GRAPHS)
def test_no_stage_comes_too_early_unless_a_cycle_is_named(before: dict[str, list[str]]) -> None:
    """The order is right, or a true cycle is told; no stage is lost or doubled either way."""
    placed, cycles = in_order(NAMES, before)

    assert sorted(placed) == NAMES
    for cycle in cycles:
        assert cycle[0] == cycle[-1]
        assert all(later in before[name] for name, later in pairwise(cycle))
    if not cycles:
        early = [
            (name, first)
            for name in NAMES
            for first in before.get(name, [])
            if first in NAMES and placed.index(first) > placed.index(name)
        ]
        assert early == []
