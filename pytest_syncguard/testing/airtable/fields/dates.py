"""Dates and times as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from pytest_syncguard.testing.airtable.formulas.locales import locale

DATE_FORMATS = {"local": "l", "friendly": "LL", "us": "M/D/YYYY", "european": "D/M/YYYY", "iso": "YYYY-MM-DD"}
TIME_FORMATS = {"12hour": "h:mma", "24hour": "HH:mm"}

_LONGEST = 100  # characters of a date with its time
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_TIME = re.compile(
    r"(?:^|[\sT,]+(?:at\s+)?)(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s*([ap]\.?m\.?)?$", re.ASCII | re.IGNORECASE
)
_NUMERIC = re.compile(r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})", re.ASCII)
_NAMED = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)?\.?\s+)?([a-z]{3,9})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})")


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo | None:
    """The time zone of that name; None if there is none."""
    if name.casefold() in ("utc", "client", ""):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def parse_iso(said: str) -> datetime | None:
    """A date, or a date and time with or without offset, in ISO 8601."""
    if not _ISO.fullmatch(said):
        return None
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return None


def parse(said: str, *, european: bool) -> datetime | None:
    """What typecast reads: ISO, ``3/4/2026 5:06pm``, ``March 4, 2026``. ``european``: the day comes first."""
    said = said.strip()
    if len(said) > _LONGEST:
        return None
    if (found := parse_iso(said)) is not None:
        return found
    clock = _TIME.search(said) if ":" in said or said[-1:] in "mM." else None
    try:
        time = _clock(clock) if clock else (0, 0, 0)
        day = _day(said[: clock.start()].strip() if clock else said, european=european)
        return datetime(*day, *time) if day else None
    except ValueError:
        return None


def _clock(found: re.Match[str]) -> tuple[int, int, int]:
    hour, half = int(found[1]), (found[4] or "").casefold()[:1]
    if half and not 1 <= hour <= 12:
        raise ValueError(found[0])
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(found[2] or 0), int(found[3] or 0)


def _day(said: str, *, european: bool) -> tuple[int, int, int] | None:
    if found := _NUMERIC.fullmatch(said):
        first, second, third = map(int, found.groups())
        if len(found[1]) == 4:
            return first, second, third
        year = third if third > 99 else third + (1900 if third > 68 else 2000)
        return (year, second, first) if european else (year, first, second)
    if found := _NAMED.fullmatch(said.casefold()):
        months = (month.casefold() for month in locale("en").months)
        named = [place for place, month in enumerate(months, 1) if found[2] in (month, month[:3], month[:4])]
        if named and bool(found[1]) != bool(found[3]):
            return int(found[4]), named[0], int(found[1] or found[3])
    return None
