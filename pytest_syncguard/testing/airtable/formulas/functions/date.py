"""Date and time functions. What is no date, blank too, makes them an error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pytest_syncguard.testing.airtable.formulas import durations
from pytest_syncguard.testing.airtable.formulas.formats import read, written
from pytest_syncguard.testing.airtable.formulas.functions.registry import Evaluate, Operand, lazy, strict
from pytest_syncguard.testing.airtable.formulas.moments import Told, moment, week, weekday
from pytest_syncguard.testing.airtable.formulas.values import Broken, Value, bounded, number, scalar, text


@lazy("NOW", 0, 0)
def now(_: Sequence[Operand]) -> Evaluate:
    """The present moment."""
    return lambda scope: scope.now


@lazy("TODAY", 0, 0)
def today(_: Sequence[Operand]) -> Evaluate:
    """The beginning of this day in UTC."""
    return lambda scope: durations.start(scope.now.astimezone(UTC), "day")


@strict("YEAR", 1, 1)
def year(value: Value) -> Value:
    """With four digits."""
    return moment(value).year


@strict("MONTH", 1, 1)
def month(value: Value) -> Value:
    """1 to 12."""
    return moment(value).month


@strict("DAY", 1, 1)
def day(value: Value) -> Value:
    """1 to 31."""
    return moment(value).day


@strict("HOUR", 1, 1)
def hour(value: Value) -> Value:
    """0 to 23."""
    return moment(value).hour


@strict("MINUTE", 1, 1)
def minute(value: Value) -> Value:
    """0 to 59."""
    return moment(value).minute


@strict("SECOND", 1, 1)
def second(value: Value) -> Value:
    """0 to 59."""
    return moment(value).second


def _first_day(said: Value) -> int:
    return {"": 0, "sunday": 0, "monday": 1}.get(text(said).lower(), 0)


@strict("WEEKDAY", 1, 2)
def weekday_(value: Value, first: Value = None) -> Value:
    """0 to 6 from Sunday on, or from Monday if that is given."""
    return (weekday(moment(value)) - _first_day(first)) % 7


@strict("WEEKNUM", 1, 2)
def weeknum(value: Value, first: Value = None) -> Value:
    """The number of the week, the first being that of January 1st; weeks begin with Sunday or Monday."""
    return week(moment(value), _first_day(first))[1]


@strict("DATEADD", 3, 3)
def dateadd(value: Value, count: Value, unit: Value) -> Value:
    """So many units later."""
    name = durations.unit(text(unit))
    if name is None:
        raise Broken
    return durations.add(moment(value), number(count), name)


@strict("DATETIME_DIFF", 2, 3)
def datetime_diff(later: Value, earlier: Value, unit: Value = "seconds") -> Value:
    """Whole units from the second date to the first: seconds if none is given, milliseconds if it is unknown."""
    return durations.difference(moment(later), moment(earlier), durations.unit(text(unit)) or "millisecond")


@strict("DATETIME_FORMAT", 1, 2)
def datetime_format(value: Value, form: Value = None) -> Value:
    """In a format of tokens such as YYYY; in ISO format if none is given."""
    return bounded(written(moment(value), text(form) or "YYYY-MM-DDTHH:mm:ssZ"))


@strict("DATETIME_PARSE", 1, 3)
def datetime_parse(value: Value, form: Value = None, locale: Value = "en") -> Value:
    """The date that a text tells, in a format if one is given."""
    value = scalar(value)
    if form is None or isinstance(value, datetime):
        return moment(value)
    found = read(text(value), text(form), text(locale))
    if found is None:
        raise Broken
    return found


@strict("DATESTR", 1, 1)
def datestr(value: Value) -> Value:
    """As YYYY-MM-DD."""
    return written(moment(value), "YYYY-MM-DD")


@strict("TIMESTR", 1, 1)
def timestr(value: Value) -> Value:
    """As HH:mm:ss."""
    return written(moment(value), "HH:mm:ss")


@strict("SET_TIMEZONE", 2, 2)
def set_timezone(value: Value, name: Value) -> Value:
    """The same moment in the time zone of an IANA name."""
    found, zone = moment(value), _zone(text(name))
    told = found.tzinfo
    try:
        return found.astimezone(Told(zone, told.locale) if isinstance(told, Told) else zone)
    except OverflowError:
        raise Broken from None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, no name at all, the name of a folder
        raise Broken from None


@strict("SET_LOCALE", 2, 2)
def set_locale(value: Value, name: Value) -> Value:
    """The same moment, to be told in the language of a locale such as ``es``."""
    found = moment(value)
    zone = found.tzinfo.zone if isinstance(found.tzinfo, Told) else found.tzinfo or UTC
    return found.replace(tzinfo=Told(zone, text(name)))


@strict("IS_BEFORE", 2, 2)
def is_before(one: Value, other: Value) -> Value:
    """Whether one date is before another."""
    return moment(one) < moment(other)


@strict("IS_AFTER", 2, 2)
def is_after(one: Value, other: Value) -> Value:
    """Whether one date is after another."""
    return moment(one) > moment(other)


@strict("IS_SAME", 2, 3)
def is_same(one: Value, other: Value, unit: Value = None) -> Value:
    """Whether two dates lie in the same unit of time; without a unit, whether they are the same."""
    first, second = moment(one), moment(other)
    name = durations.unit(text(unit)) or "millisecond"
    return durations.start(first, name) == durations.start(second.astimezone(first.tzinfo), name)


@lazy("FROMNOW", 1, 1)
def fromnow(operands: Sequence[Operand]) -> Evaluate:
    """How far a date is from now, in words and without a direction."""
    inner = operands[0].evaluate
    return lambda scope: durations.humanized((moment(inner(scope)) - scope.now).total_seconds())


lazy("TONOW", 1, 1)(fromnow)


@strict("WORKDAY", 2, 3)
def workday(value: Value, count: Value, holidays: Value = None) -> Value:
    """So many days from Monday to Friday later (earlier if negative), holidays not counted."""
    begun, free = moment(value), _holidays(holidays)
    steps = number(count)
    if not abs(steps) < 4_000_000:
        raise Broken
    ahead, left = (1 if steps > 0 else -1), abs(int(steps))
    try:
        at = begun.date()
        while left:
            passed, at = at, _weekdays_on(at, left, ahead)
            left = sum(min(passed, at) <= each <= max(passed, at) and each != passed for each in free)
    except OverflowError:
        raise Broken from None
    return begun.replace(year=at.year, month=at.month, day=at.day)


def _weekdays_on(at: date, count: int, ahead: int) -> date:
    weeks, rest = divmod(count, 5)
    if at.isoweekday() > 5:  # from a weekend it is as from the working day before it
        at -= timedelta(days=ahead * (at.isoweekday() - 5 if ahead > 0 else 8 - at.isoweekday()))
    at += timedelta(days=7 * weeks * ahead)
    while rest:
        at += timedelta(days=ahead)
        rest -= at.isoweekday() <= 5
    return at


@strict("WORKDAY_DIFF", 2, 3)
def workday_diff(start: Value, end: Value, holidays: Value = None) -> Value:
    """Days from Monday to Friday between two dates, both counted, without holidays; negative if they go back."""
    first, last = moment(start).date(), moment(end).date()
    sign = 1 if first <= last else -1
    first, last = min(first, last), max(first, last)
    free = sum(first <= each <= last for each in _holidays(holidays))
    return sign * (_weekdays_before(last.toordinal() + 1) - _weekdays_before(first.toordinal()) - free)


def _weekdays_before(ordinal: int) -> int:
    """Mondays to Fridays before a day; day 1 of the calendar is a Monday."""
    weeks, rest = divmod(ordinal - 1, 7)
    return weeks * 5 + min(rest, 5)


def _holidays(value: Value) -> set[date]:
    """Dates from Monday to Friday, of a list or of text with commas between them."""
    if isinstance(value, list):
        moments = [moment(each) for each in value]
    elif isinstance(value, datetime):
        moments = [value]
    else:
        moments = [moment(each) for each in text(value).split(",") if each.strip()]
    return {each.date() for each in moments if each.isoweekday() <= 5}
