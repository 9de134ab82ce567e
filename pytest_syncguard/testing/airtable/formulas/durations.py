"""Units of time: adding them to dates, and counting them between two dates."""

from __future__ import annotations

import math
from calendar import monthrange
from datetime import UTC, datetime, timedelta

from pytest_syncguard.testing.airtable.formulas.moments import weekday
from pytest_syncguard.testing.airtable.formulas.values import Broken

MILLISECONDS = {
    "millisecond": 1,
    "second": 1000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
    "week": 604_800_000,
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
SHORT = {
    "ms": "millisecond",
    "s": "second",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "M": "month",
    "Q": "quarter",
    "y": "year",
}


def unit(said: str) -> str | None:
    """The name of a unit, in the singular, from that, its plural or its abbreviation; None for another word."""
    name = SHORT.get(said) or said.lower().removesuffix("s")
    return name if name in MILLISECONDS or name in MONTHS else None


def add(moment: datetime, count: float, name: str) -> datetime:
    """A date so many units later: days and more are added in its own time zone, months end at their last day."""
    try:
        if name in MONTHS:
            return _add_months(moment, round(count * MONTHS[name]))
        step = timedelta(milliseconds=count * MILLISECONDS[name])
        if name in ("day", "week"):
            return moment + step
        return (moment.astimezone(UTC) + step).astimezone(moment.tzinfo)
    except (OverflowError, ValueError):
        raise Broken from None


def _add_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def difference(later: datetime, earlier: datetime, name: str) -> float:
    """How many whole units lie between two dates: negative if the first one is before the second."""
    if name in MONTHS:
        return float(math.trunc(_months_between(later, earlier) / MONTHS[name]))
    passed = later.astimezone(UTC) - earlier.astimezone(UTC)
    return float(math.trunc(passed / timedelta(milliseconds=MILLISECONDS[name])))


def _months_between(later: datetime, earlier: datetime) -> int:
    """Whole months: one has passed when the same day and time (or the month's end before it) is reached."""
    later, earlier = later.astimezone(UTC), earlier.astimezone(UTC)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    reached = _add_months(earlier, months)
    if months > 0 and reached > later:
        return months - 1
    if months < 0 and reached < later:
        return months + 1
    return months


def start(moment: datetime, name: str) -> datetime:
    """The beginning of the unit that a date lies in; weeks begin with Sunday."""
    if name == "millisecond":
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    fields: dict[str, int] = {"microsecond": 0}
    for each, least in (("second", 0), ("minute", 0), ("hour", 0), ("day", 1), ("month", 1)):
        if name == each or (name, each) in (("week", "day"), ("quarter", "month")):
            break
        fields[each] = least
    begun = moment.replace(**fields)  # type: ignore[arg-type]
    if name == "week":
        return add(begun, -weekday(begun), "day")
    if name == "quarter":
        return begun.replace(month=(begun.month - 1) // 3 * 3 + 1)
    return begun


def humanized(seconds: float) -> str:
    """A span of time in words, in the steps that people use: a few seconds, a minute, 5 hours, a month."""
    seconds = abs(seconds)
    minutes, hours, days = round(seconds / 60), round(seconds / 3600), round(seconds / 86400)
    months, years = round(seconds / 86400 / 30.436875), round(seconds / 86400 / 365.2425)
    steps = (
        (round(seconds) < 45, "a few seconds"),
        (minutes <= 1, "a minute"),
        (minutes < 45, f"{minutes} minutes"),
        (hours <= 1, "an hour"),
        (hours < 22, f"{hours} hours"),
        (days <= 1, "a day"),
        (days < 26, f"{days} days"),
        (months <= 1, "a month"),
        (months < 11, f"{months} months"),
        (years <= 1, "a year"),
    )
    return next((words for fits, words in steps if fits), f"{years} years")
