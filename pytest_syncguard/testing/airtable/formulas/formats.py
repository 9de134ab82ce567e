"""Dates as text and back, by format tokens such as ``YYYY-MM-DD HH:mm``."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from pytest_syncguard.testing.airtable.formulas.locales import Locale, locale
from pytest_syncguard.testing.airtable.formulas.moments import Told, full_year, half_day, week, weekday
from pytest_syncguard.testing.airtable.formulas.values import Broken

TOKEN = re.compile(
    r"\[([^\[\]]*)\]|(\\.)|(Mo|M{1,4}|Qo|Q|D{3}o|Do|D{1,4}|do|d{1,4}|e|E|w[ow]?|W[oW]?|Y{4,6}|YY|gggg|gg|GGGG|GG"
    r"|A|a|HH?|hh?|kk?|mm?|ss?|S{1,9}|z{1,2}|ZZ?|X|x|LTS|LT|L{1,4}|l{1,4})"
)
LONGEST = 1000  # characters of a format
LONG = {"LT": 0, "L": 1, "LL": 2, "LLL": 3, "LLLL": 4}
SHORTER = re.compile("MMMM|MM|DD|dddd")  # what ``l`` tells with one letter less than ``L``
Teller = Callable[[datetime, Locale], str]


def _offset(moment: datetime, colon: str) -> str:
    minutes = (moment.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{colon}{rest:02}"


def _year_day(moment: datetime, _: Locale) -> int:
    return moment.timetuple().tm_yday


NUMBERS: dict[str, Callable[[datetime, Locale], int]] = {
    "M": lambda moment, _: moment.month,
    "Q": lambda moment, _: (moment.month + 2) // 3,
    "D": lambda moment, _: moment.day,
    "DDD": _year_day,
    "d": lambda moment, _: weekday(moment),
    "e": lambda moment, _: weekday(moment),
    "E": lambda moment, _: moment.isoweekday(),
    "w": lambda moment, _: week(moment)[1],
    "W": lambda moment, _: moment.isocalendar().week,
    "H": lambda moment, _: moment.hour,
    "h": lambda moment, _: moment.hour % 12 or 12,
    "k": lambda moment, _: moment.hour or 24,
    "m": lambda moment, _: moment.minute,
    "s": lambda moment, _: moment.second,
}
TELLERS: dict[str, Teller] = {
    "MMM": lambda moment, names: names.months_short[moment.month - 1],
    "MMMM": lambda moment, names: names.months[moment.month - 1],
    "DDDD": lambda moment, names: f"{_year_day(moment, names):03}",
    "dd": lambda moment, names: names.weekdays_short[weekday(moment)][:2],
    "ddd": lambda moment, names: names.weekdays_short[weekday(moment)],
    "dddd": lambda moment, names: names.weekdays[weekday(moment)],
    "YY": lambda moment, _: f"{moment.year % 100:02}",
    "YYYY": lambda moment, _: f"{moment.year:04}",
    "YYYYY": lambda moment, _: f"{moment.year:05}",
    "YYYYYY": lambda moment, _: f"+{moment.year:06}",
    "gg": lambda moment, _: f"{week(moment)[0] % 100:02}",
    "gggg": lambda moment, _: f"{week(moment)[0]:04}",
    "GG": lambda moment, _: f"{moment.isocalendar().year % 100:02}",
    "GGGG": lambda moment, _: f"{moment.isocalendar().year:04}",
    "A": lambda moment, _: "AM" if moment.hour < 12 else "PM",
    "a": lambda moment, _: "am" if moment.hour < 12 else "pm",
    "Z": lambda moment, _: _offset(moment, ":"),
    "ZZ": lambda moment, _: _offset(moment, ""),
    "z": lambda moment, _: moment.tzname() or "",
    "zz": lambda moment, _: moment.tzname() or "",
    "X": lambda moment, _: str(int(moment.timestamp())),
    "x": lambda moment, _: str(int(moment.timestamp() * 1000)),
}


def _ordinal(value: int, names: Locale) -> str:
    if names.ordinal or names.months[0] != "January":
        return f"{value}{names.ordinal}"
    return f"{value}{'th' if 10 < value % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th')}"


def _told(token: str, moment: datetime, names: Locale) -> str:
    if token in TELLERS:
        return TELLERS[token](moment, names)
    if token in NUMBERS:
        return str(NUMBERS[token](moment, names))
    if token.endswith("o"):
        return _ordinal(NUMBERS[token[:-1]](moment, names), names)
    if token[0] == "S":
        return f"{moment.microsecond:06}000"[: len(token)]
    if token[0] in "Ll":
        return written(moment, _long(token, names), names)
    return f"{NUMBERS[token[0]](moment, names):02}"  # HH, MM, ww and the like


def _long(token: str, names: Locale) -> str:
    if token.endswith("S"):
        return names.formats[0].replace("mm", "mm:ss")
    if token[0] == "l":
        return SHORTER.sub(lambda found: found[0][:-1], names.formats[LONG[token.upper()]])
    return names.formats[LONG[token]]


def written(moment: datetime, form: str, names: Locale | None = None) -> str:
    """A date in a format; text in brackets stands for itself. In English unless its time zone tells a locale.

    Raises `Broken` for a format of more than 1,000 characters.
    """
    if len(form) > LONGEST:
        raise Broken
    if names is None:
        zone = moment.tzinfo
        names = locale(zone.locale if isinstance(zone, Told) else "en")
    told = names

    def tell(found: re.Match[str]) -> str:
        if found[3]:
            return _told(found[3], moment, told)
        return found[1] if found[2] is None else found[2][1:]

    return TOKEN.sub(tell, form)


# No part of them takes back what it has read, so that reading takes no longer than the text is long.
PATTERNS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<year>\d{2})",
    "Do": r"(?P<day>\d{1,2}+)(?>st|nd|rd|th|\.|º|e)?+",
    "DDDD": r"(?P<yearday>\d{3})",
    "DDD": r"(?P<yearday>\d{1,3}+)",
    "X": r"(?P<seconds>-?+\d{1,12}+)",
    "x": r"(?P<milliseconds>-?+\d{1,15}+)",
    "A": r"(?P<half>[AaPp])\.?+[Mm]?+\.?+",
    "Z": r"(?P<offset>Z|[+-]\d{2}:?+\d{2})",
}
PATTERNS |= {token: rf"(?P<{name}>\d{{1,2}}+)" for token, name in (("M", "month"), ("D", "day"), ("H", "hour"))}
PATTERNS |= {token: rf"(?P<{name}>\d{{1,2}}+)" for token, name in (("m", "minute"), ("s", "second"))}
PATTERNS |= {2 * token: PATTERNS[token] for token in "MDHmsZ"}
PATTERNS |= {"a": PATTERNS["A"], "h": PATTERNS["H"], "hh": PATTERNS["H"]}


@lru_cache(maxsize=256)
def _reader(form: str, name: str) -> re.Pattern[str] | None:
    names, pattern, end = locale(name), "", 0
    for token in ("LTS", "LLLL", "LLL", "LL", "LT", "L"):
        form = form.replace(token, _long(token, names))
    for found in TOKEN.finditer(form):
        pattern += _between(form[end : found.start()], found[3] or "") + _read_token(found, names)
        end = found.end()
    try:
        return re.compile(r"\s*+" + pattern + _between(form[end:]), re.IGNORECASE)
    except re.error:  # such as one token twice
        return None


def _between(said: str, token: str = "") -> str:
    """Letters as they are, and any signs for signs, but for the one that belongs to the token that follows."""
    signs = r"[^\w+-]*+" if token[:1] in ("Z", "X", "x") else r"\W*+"
    return "".join(each if each.isalnum() else signs for each in re.findall(r"[^\W_]|[\W_]+", said))


def _read_token(found: re.Match[str], names: Locale) -> str:
    token = found[3]
    if not token:
        return re.escape(found[1] if found[2] is None else found[2][1:])
    if token in ("MMM", "MMMM"):
        return f"(?P<name>(?>{'|'.join(map(re.escape, names.months + names.months_short))}))"
    if token[0] == "S":
        return r"(?P<fraction>\d{1,9}+)"
    return PATTERNS.get(token, r"[^\W\d]*+\.?+" if token[0] == "d" else r"\w*+")


def read(said: str, form: str, name: str = "en") -> datetime | None:
    """The date that a text tells in a format, in UTC where it names no offset; None if it does not fit.

    What follows in the text does not matter. Parts that the format lacks: this century's first year, January, 1st, 0 h.
    """
    reader = _reader(form, name.lower()[:10]) if len(form) <= LONGEST else None
    found = reader.match(said) if reader else None
    if found is None:
        return None
    try:
        return _assembled({key: part for key, part in found.groupdict().items() if part}, locale(name))
    except (ValueError, OverflowError):
        return None


def _assembled(parts: dict[str, str], names: Locale) -> datetime:
    if "seconds" in parts or "milliseconds" in parts:
        return datetime.fromtimestamp(int(parts.get("seconds", 0)) + int(parts.get("milliseconds", 0)) / 1000, UTC)
    month = int(parts.get("month", 1))
    if "name" in parts:
        month = _month(parts["name"], names)
    hour = half_day(int(parts.get("hour", 0)), f"{parts['half']}m" if "half" in parts else None)
    micro = int(parts.get("fraction", "0").ljust(6, "0")[:6])
    clock = (hour, int(parts.get("minute", 0)), int(parts.get("second", 0)), micro)
    moment = datetime(
        full_year(parts.get("year", "2001")), month, int(parts.get("day", 1)), *clock, tzinfo=_zone(parts)
    )
    return moment + timedelta(days=int(parts.get("yearday", 1)) - 1)


def _month(said: str, names: Locale) -> int:
    every = [*names.months, *names.months_short]
    return [each.lower() for each in every].index(said.lower()) % 12 + 1


def _zone(parts: dict[str, str]) -> timezone:
    said = parts.get("offset", "Z").replace(":", "")
    if said in "Zz":
        return UTC
    minutes = int(said[1:3]) * 60 + int(said[3:])
    return timezone(timedelta(minutes=-minutes if said[0] == "-" else minutes))
