"""Text functions. Positions count from 1, and as in JavaScript characters beyond U+FFFF count twice."""

from __future__ import annotations

from array import array
from urllib.parse import quote

from pytest_syncguard.testing.airtable.formulas.functions.registry import strict
from pytest_syncguard.testing.airtable.formulas.values import (
    LONGEST_TEXT,
    Broken,
    Value,
    bounded,
    joined,
    text,
    whole,
    whole_text,
)


def units(value: Value) -> str:
    """A text with the two halves of a character beyond U+FFFF one by one."""
    said = text(value)
    if said.isascii() or max(said) < "\U00010000":
        return said
    return "".join(map(chr, array("H", said.encode("utf-16", "surrogatepass")[2:])))


@strict("CONCATENATE", 1, None)
def concatenate(*values: Value) -> Value:
    """The texts of all arguments in a row."""
    return joined(map(text, values))


@strict("FIND", 2, 3)
def find(sought: Value, where: Value, start: Value = None) -> Value:
    """The position of a text in another from a start on (1 if not given); 0 if it is not in it."""
    return units(where).find(units(sought), max(whole(start) - 1, 0)) + 1


@strict("SEARCH", 2, 3)
def search(sought: Value, where: Value, start: Value = None) -> Value:
    """As FIND, but blank if it is not in it."""
    return find(sought, where, start) or None


@strict("LEFT", 1, 2)
def left(value: Value, count: Value = 1) -> Value:
    """The first characters."""
    return whole_text(units(value)[: max(whole(count), 0)])


@strict("RIGHT", 1, 2)
def right(value: Value, count: Value = 1) -> Value:
    """The last characters."""
    said = units(value)
    return whole_text(said[max(len(said) - max(whole(count), 0), 0) :])


@strict("MID", 3, 3)
def mid(value: Value, start: Value, count: Value) -> Value:
    """So many characters from a position on."""
    first = max(whole(start) - 1, 0)
    return whole_text(units(value)[first : first + max(whole(count), 0)])


@strict("LEN", 1, 1)
def len_(value: Value) -> Value:
    """How many characters a text has."""
    return len(units(value))


@strict("LOWER", 1, 1)
def lower(value: Value) -> Value:
    """In small letters."""
    return text(value).lower()


@strict("UPPER", 1, 1)
def upper(value: Value) -> Value:
    """In capitals."""
    return text(value).upper()


@strict("TRIM", 1, 1)
def trim(value: Value) -> Value:
    """Without white space at both ends."""
    return text(value).strip()


@strict("REPLACE", 4, 4)
def replace(value: Value, start: Value, count: Value, new: Value) -> Value:
    """With so many characters from a position on replaced."""
    said, first = units(value), max(whole(start) - 1, 0)
    return bounded(whole_text(said[:first] + units(new) + said[first + max(whole(count), 0) :]))


@strict("SUBSTITUTE", 3, 4)
def substitute(value: Value, old: Value, new: Value, index: Value = None) -> Value:
    """With every occurrence of a text replaced, or only the one with this number."""
    said, sought, put = text(value), text(old), text(new)
    if not sought:
        return said
    if index is None:
        if len(said) + said.count(sought) * (len(put) - len(sought)) > LONGEST_TEXT:
            raise Broken
        return said.replace(sought, put)
    parts = said.split(sought)
    nth = whole(index)
    if not 0 < nth < len(parts):
        return said
    return bounded(sought.join(parts[:nth]) + put + sought.join(parts[nth:]))


@strict("REPT", 2, 2)
def rept(value: Value, times: Value) -> Value:
    """A text so many times."""
    said, count = text(value), max(whole(times), 0)
    if len(said) * count > LONGEST_TEXT:
        raise Broken
    return said and said * count


@strict("T", 1, 1)
def t(value: Value) -> Value:
    """The argument if it is text, else blank."""
    return value if isinstance(value, str) else None


@strict("ENCODE_URL_COMPONENT", 1, 1)
def encode_url_component(value: Value) -> Value:
    """Percent-encoded, but for letters, digits and ``-_.~``."""
    return bounded(quote(text(value).encode("utf-8", "replace"), safe="-_.~"))
