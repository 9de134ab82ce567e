"""Dates in formulas: what counts as one, their time zone and locale, and their calendar weeks."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from pytest_syncguard.testing.airtable.formulas.locales import NAMES
from pytest_syncguard.testing.airtable.formulas.values import LONGEST_DATE, Broken, Value, parsed_date, scalar

SLASHED = re.compile(
    r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))? ?([ap]m)?)?", re.IGNORECASE
)
NAMED = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.IGNORECASE)
NAMED_BRITISH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})\.?,? (\d{4})", re.IGNORECASE)
MONTHS = [each[:3].lower() for each in NAMES["en"][0].split()]


class Told(tzinfo):
    """A time zone that also carries the locale in which a date is to be told."""

    def __init__(self, zone: tzinfo, locale: str) -> None:
        self.zone, self.locale = zone, locale

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(moment and moment.replace(tzinfo=self.zone))

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self.zone.dst(moment and moment.replace(tzinfo=self.zone))

    def tzname(self, moment: datetime | None) -> str | None:
        return self.zone.tzname(moment and moment.replace(tzinfo=self.zone))


def moment(value: Value) -> datetime:
    """A date, or the one that a text tells (in ISO format, as 12/31/2026, or as December 31, 2026).

    Raises `Broken` for anything else, blank too.
    """
    value = scalar(value)
    if isinstance(value, str):
        value = _read(value.strip()) if len(value) <= LONGEST_DATE else None
    if not isinstance(value, datetime):
        raise Broken
    return value


@lru_cache(maxsize=1024)
def _read(said: str) -> datetime | None:
    try:
        if found := SLASHED.fullmatch(said):
            return _slashed(found)
        if found := NAMED.fullmatch(said):
            return _named(found[1], found[2], found[3])
        if found := NAMED_BRITISH.fullmatch(said):
            return _named(found[2], found[1], found[3])
    except ValueError:
        return None
    return parsed_date(said)


def _slashed(found: re.Match[str]) -> datetime:
    month, day, year = int(found[1]), int(found[2]), full_year(found[3])
    hour, minute, second = (int(each or 0) for each in found.group(4, 5, 6))
    return datetime(year, month, day, half_day(hour, found[7]), minute, second, tzinfo=UTC)


def _named(month: str, day: str, year: str) -> datetime:
    return datetime(int(year), MONTHS.index(month[:3].lower()) + 1, int(day), tzinfo=UTC)


def full_year(digits: str) -> int:
    """Of two digits: 1969 to 2068."""
    return int(digits) + (0 if len(digits) > 2 else 2000 if int(digits) <= 68 else 1900)


def half_day(hour: int, mark: str | None) -> int:
    """The hour of 24 of one that am or pm (or nothing) follows."""
    return hour if not mark else hour % 12 + (12 if mark.lower().startswith("p") else 0)


def weekday(day: date) -> int:
    """0 is Sunday."""
    return day.isoweekday() % 7


def week(day: date, first_day: int = 0) -> tuple[int, int]:
    """The year of a week and its number: the first week is the one of January 1st."""
    last = day + timedelta(days=6 - (weekday(day) - first_day) % 7) if day.year < 9999 else day
    new_year = date(last.year, 1, 1)
    start = (weekday(new_year) - first_day) % 7
    return last.year, ((date(day.year, day.month, day.day) - new_year).days + start) // 7 + 1
