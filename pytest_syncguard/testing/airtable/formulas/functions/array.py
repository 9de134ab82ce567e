"""Array functions. What is no list counts as a list of one."""

from __future__ import annotations

from pytest_syncguard.testing.airtable.formulas.functions.registry import strict
from pytest_syncguard.testing.airtable.formulas.values import Value, flat, inward, joined, text, whole


def _items(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


@strict("ARRAYCOMPACT", 1, 1)
def arraycompact(values: Value) -> Value:
    """Without blanks and empty texts."""
    return [each for each in _items(values) if each is not None and each != ""]


@strict("ARRAYFLATTEN", 1, None)
def arrayflatten(*values: Value) -> Value:
    """One list of all items of lists and of the lists in them."""
    return list(flat(values))


@strict("ARRAYJOIN", 1, 2)
def arrayjoin(values: Value, separator: Value = ", ") -> Value:
    """The texts of the items with a separator between them."""
    return joined((text(inward(each)) for each in _items(values)), text(separator))


@strict("ARRAYUNIQUE", 1, 1)
def arrayunique(values: Value) -> Value:
    """Each item once, where it comes first."""
    seen: dict[tuple[type, Value], Value] = {}
    for each in _items(values):
        seen.setdefault((type(each), text(each) if isinstance(each, list) else each), each)
    return list(seen.values())


@strict("ARRAYSLICE", 2, 3)
def arrayslice(values: Value, start: Value, end: Value = None) -> Value:
    """The items from one position to another, both included; negative ones count from the end."""
    items = _items(values)
    first = whole(start)
    last = len(items) if end is None else whole(end)
    begin = max(first - 1, 0) if first >= 0 else max(len(items) + first, 0)
    return items[begin : max(last if last >= 0 else len(items) + last + 1, 0)]
