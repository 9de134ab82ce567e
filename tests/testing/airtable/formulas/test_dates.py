"""Dates in formulas: reading, telling, counting; noon of Saturday, November 21st, 2026 is now."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_syncguard.testing.airtable.formulas.values import Fault, Value
from tests.testing.airtable.formulas.record import evaluate

ERROR = Fault("#ERROR!")
MOMENT = datetime(2026, 3, 4, 17, 6, 7, 89_000, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("YEAR({D})", 2026),
        ("MONTH({D})", 3),
        ("DAY({D})", 4),
        ("HOUR({D})", 17),
        ("MINUTE({D})", 6),
        ("SECOND({D})", 7),
        ("WEEKDAY({D})", 3),
        ("WEEKDAY({D},'Monday')", 2),
        ("WEEKDAY('06/17/2013')", 1),
        ("WEEKNUM('02/17/2013')", 8),
        ("WEEKNUM('2026-01-01')", 1),
        ("WEEKNUM('2026-01-04')", 2),
        ("WEEKNUM('2026-01-04','Monday')", 1),
        ("WEEKNUM('2012-12-31')", 1),
        ("WEEKNUM('9999-12-31')", 53),
        ("DATESTR({D})", "2026-03-04"),
        ("TIMESTR({D})", "17:06:07"),
        ("DATESTR(TODAY())", "2026-11-21"),
        ("TIMESTR(TODAY())", "00:00:00"),
        ("TIMESTR(NOW())", "12:00:00"),
        ("DATESTR('10/22/2003')", "2003-10-22"),
        ("DATESTR('10/22/03')", "2003-10-22"),
        ("DATESTR('March 4, 2026')", "2026-03-04"),
        ("DATESTR('4 Mar 2026')", "2026-03-04"),
        ("TIMESTR('10/22/2003 5:30pm')", "17:30:00"),
        ("TIMESTR('2026-03-04T05:06:07+02:00')", "03:06:07"),
        ("YEAR('13/13/2026')", ERROR),
        ("YEAR('soon')", ERROR),
        ("YEAR(2026)", ERROR),
        ("YEAR(BLANK())", ERROR),
        ("DATESTR('0001-01-01T00:00:00+14:00')", ERROR),
    ],
)
def test_parts_of_dates(formula: str, result: Value) -> None:
    """Parts of a date, or of a text that tells one; anything else is an error."""
    assert evaluate(formula, D=MOMENT) == result


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("M Mo MM MMM MMMM", "3 3rd 03 Mar March"),
        ("Q Qo", "1 1st"),
        ("D Do DD", "4 4th 04"),
        ("DDD DDDo DDDD", "63 63rd 063"),
        ("d do dd ddd dddd", "3 3rd We Wed Wednesday"),
        ("e E", "3 3"),
        ("w wo ww", "10 10th 10"),
        ("W Wo WW", "10 10th 10"),
        ("YY YYYY gg gggg GG GGGG", "26 2026 26 2026 26 2026"),
        ("A a", "PM pm"),
        ("H HH h hh k kk", "17 17 5 05 17 17"),
        ("m mm s ss", "6 06 7 07"),
        ("S SS SSS SSSS", "0 08 089 0890"),
        ("Z ZZ z", "+00:00 +0000 UTC"),
        ("X x", "1772643967 1772643967089"),
        ("L l", "03/04/2026 3/4/2026"),
        ("LL ll", "March 4, 2026 Mar 4, 2026"),
        ("LLL lll", "March 4, 2026 5:06 PM Mar 4, 2026 5:06 PM"),
        ("LLLL llll", "Wednesday, March 4, 2026 5:06 PM Wed, Mar 4, 2026 5:06 PM"),
        ("LT LTS", "5:06 PM 5:06:07 PM"),
        ("[Day] D", "Day 4"),
        (r"\\D D", "D 4"),
        ("YYYY-MM-DDTHH:mm:ss.SSS", "2026-03-04T17:06:07.089"),
        ("", "2026-03-04T17:06:07+00:00"),
    ],
)
def test_formats(form: str, told: str) -> None:
    """Each token stands for a part of the date; what is in brackets, for itself."""
    assert evaluate(f"DATETIME_FORMAT({{D}},'{form}')", D=MOMENT) == told


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("DATETIME_FORMAT(SET_TIMEZONE({D},'America/New_York'),'YYYY-MM-DD HH:mm Z z')", "2026-03-04 12:06 -05:00 EST"),
        ("DATETIME_FORMAT(SET_TIMEZONE({D},'Asia/Tokyo'),'D HH:mm')", "5 02:06"),
        ("DATETIME_FORMAT(SET_LOCALE({D},'es'),'LLLL')", "miércoles, 4 de marzo de 2026 17:06"),
        ("DATETIME_FORMAT(SET_LOCALE({D},'de'),'dddd, Do MMMM')", "Mittwoch, 4. März"),
        ("DATETIME_FORMAT(SET_LOCALE({D},'fr'),'LL')", "4 mars 2026"),
        ("DATETIME_FORMAT(SET_LOCALE({D},'en-gb'),'L')", "04/03/2026"),
        ("DATETIME_FORMAT(SET_LOCALE({D},'xx'),'MMMM')", "March"),
        ("DATETIME_FORMAT(SET_LOCALE(SET_TIMEZONE({D},'Europe/Berlin'),'de'),'LT')", "18:06"),
        ("DATETIME_FORMAT(SET_TIMEZONE(SET_LOCALE({D},'de'),'Europe/Berlin'),'MMM LT')", "März 18:06"),
        ("SET_LOCALE(SET_TIMEZONE({D},'Europe/Berlin'),'de')={D}", 1),
        ("HOUR(SET_TIMEZONE({D},'Europe/Berlin'))", 18),
        ("SET_TIMEZONE({D},'Nowhere/At_All')", ERROR),
        ("SET_TIMEZONE({D},'../etc')", ERROR),
        ("SET_TIMEZONE({D},'')", ERROR),
    ],
)
def test_time_zones_and_locales(formula: str, told: Value) -> None:
    """A time zone and a language change how a date is told, not the date."""
    assert evaluate(formula, D=MOMENT) == told


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("DATETIME_PARSE('4 Mar 2017 23:00','D MMM YYYY HH:mm')", "2017-03-04T23:00:00.000Z"),
        ("DATETIME_PARSE('04.03.2026','DD.MM.YYYY')", "2026-03-04T00:00:00.000Z"),
        ("DATETIME_PARSE('4-3-26 5:06 pm','D-M-YY h:mm a')", "2026-03-04T17:06:00.000Z"),
        ("DATETIME_PARSE('12:30 AM 2026-03-04','hh:mm A YYYY-MM-DD')", "2026-03-04T00:30:00.000Z"),
        ("DATETIME_PARSE('2026-03-04 01:00 +02:00','YYYY-MM-DD HH:mm Z')", "2026-03-03T23:00:00.000Z"),
        ("DATETIME_PARSE('Wednesday, March 4th 2026','dddd, MMMM Do YYYY')", "2026-03-04T00:00:00.000Z"),
        ("DATETIME_PARSE('4 März 2026','D MMMM YYYY','de')", "2026-03-04T00:00:00.000Z"),
        ("DATETIME_PARSE('1772643967','X')", "2026-03-04T17:06:07.000Z"),
        ("DATETIME_PARSE('1772643967089','x')", "2026-03-04T17:06:07.089Z"),
        ("DATETIME_PARSE('2026-063','YYYY-DDDD')", "2026-03-04T00:00:00.000Z"),
        ("DATETIME_PARSE('20260304','YYYYMMDD')", "2026-03-04T00:00:00.000Z"),
        ("DATETIME_PARSE('Mar 4, 2026','MMMM D YYYY')", "2026-03-04T00:00:00.000Z"),
        ("DATETIME_PARSE('03/04/2026','L')", "2026-03-04T00:00:00.000Z"),
        ("DATETIME_PARSE('2026-03-04')", "2026-03-04T00:00:00.000Z"),
        ("DATETIME_PARSE('2026-03-04T17:06:07.089Z')", "2026-03-04T17:06:07.089Z"),
        ("DATETIME_PARSE({D},'D')", "2026-03-04T17:06:07.089Z"),
        ("DATETIME_PARSE('32.01.2026','DD.MM.YYYY')", ERROR),
        ("DATETIME_PARSE('soon','DD.MM.YYYY')", ERROR),
        ("DATETIME_PARSE('1 1','D D')", ERROR),
        ("DATETIME_PARSE('999999999999999','x')", ERROR),
        ("DATETIME_PARSE('')", ERROR),
        ("DATETIME_PARSE(REPT('1',1000))", ERROR),
        ("DATETIME_PARSE('2026',REPT('YYYY ',500))", ERROR),
        ("DATETIME_PARSE(REPT('-',99),REPT('-',99)&'D')", ERROR),
        ("DATETIME_PARSE(REPT('a',99),REPT('w',99)&'D')", ERROR),
        ("DATETIME_PARSE(REPT('a-',49),REPT('w-',49)&'D')", ERROR),
    ],
)
def test_parsing(formula: str, told: Value) -> None:
    """A text is read by the tokens of a format, in UTC where it names no offset; what does not fit is an error."""
    assert evaluate(f"{formula}&''", D=MOMENT) == told


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("DATEADD('07/10/19',10,'days')", "2019-07-20"),
        ("DATEADD('2026-01-31',1,'month')", "2026-02-28"),
        ("DATEADD('2026-01-31',-2,'months')", "2025-11-30"),
        ("DATEADD('2024-02-29',1,'year')", "2025-02-28"),
        ("DATEADD('2026-03-04',1,'quarter')", "2026-06-04"),
        ("DATEADD('2026-03-04',2,'weeks')", "2026-03-18"),
        ("DATEADD('2026-03-04',-24,'hours')", "2026-03-03"),
        ("DATEADD('2026-03-04',1440,'minutes')", "2026-03-05"),
        ("DATEADD('2026-03-04',86400,'seconds')", "2026-03-05"),
        ("DATEADD('2026-03-04',86400000,'ms')", "2026-03-05"),
        ("DATEADD('2026-03-04',1,'M')", "2026-04-04"),
        ("DATEADD('2026-03-04',1,'fortnight')", ERROR),
        ("DATEADD('2026-03-04',1e9,'years')", ERROR),
        ("DATEADD('2026-03-04',1/0,'days')", ERROR),
        ("DATEADD('2026-03-04',0/0,'months')", ERROR),
        ("DATEADD(BLANK(),1,'days')", ERROR),
        ("WORKDAY('10/16/20',10,'2020-10-16, 2020-10-19')", "2020-11-02"),
        ("WORKDAY('2026-11-20',1)", "2026-11-23"),
        ("WORKDAY('2026-11-21',1)", "2026-11-23"),
        ("WORKDAY('2026-11-22',-1)", "2026-11-20"),
        ("WORKDAY('2026-11-23',-1)", "2026-11-20"),
        ("WORKDAY('2026-11-23',-6,'2026-11-18')", "2026-11-12"),
        ("WORKDAY('2026-11-20',0)", "2026-11-20"),
        ("WORKDAY('2026-11-20',260)", "2027-11-19"),
        ("WORKDAY('2026-11-20',1e300)", ERROR),
        ("WORKDAY('2026-11-20',3900000)", ERROR),
        ("WORKDAY('2026-11-20',1,'soon')", ERROR),
    ],
)
def test_calculating_with_dates(formula: str, told: Value) -> None:
    """Months end at their last day, working days leave out weekends and holidays."""
    assert evaluate(f"DATESTR({formula})") == told


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("DATETIME_DIFF('04/25/2019','04/01/2019','days')", 24),
        ("DATETIME_DIFF('2019-04-01','2019-04-25','d')", -24),
        ("DATETIME_DIFF('2026-03-04','2026-03-03')", 86400),
        ("DATETIME_DIFF('2026-03-04','2026-03-03','nonsense')", 86400000),
        ("DATETIME_DIFF('2026-03-04T12:00:00Z','2026-03-03','days')", 1),
        ("DATETIME_DIFF('2026-03-03','2026-03-04T12:00:00Z','days')", -1),
        ("DATETIME_DIFF('2026-03-04','2026-03-03','hours')", 24),
        ("DATETIME_DIFF('2026-03-04','2026-03-03','m')", 1440),
        ("DATETIME_DIFF('2026-03-17','2026-03-04','weeks')", 1),
        ("DATETIME_DIFF('2026-03-04','2026-01-05','M')", 1),
        ("DATETIME_DIFF('2026-03-05','2026-01-05','months')", 2),
        ("DATETIME_DIFF('2026-01-05','2026-03-04','M')", -1),
        ("DATETIME_DIFF('2026-02-28','2026-01-31','M')", 1),
        ("DATETIME_DIFF('2026-09-05','2026-01-05','quarters')", 2),
        ("DATETIME_DIFF('2026-03-04','2024-03-05','years')", 1),
        ("DATETIME_DIFF(BLANK(),'2024-03-05','years')", ERROR),
        ("WORKDAY_DIFF('2020-10-16','2020-11-02','2020-10-16, 2020-10-19')", 10),
        ("WORKDAY_DIFF('2026-11-20','2026-11-20')", 1),
        ("WORKDAY_DIFF('2026-11-21','2026-11-22')", 0),
        ("WORKDAY_DIFF('2026-11-23','2026-11-20')", -2),
        ("WORKDAY_DIFF('0001-01-01','9999-12-31')", 2608615),
        ("IS_BEFORE('2026-03-03','2026-03-04')", 1),
        ("IS_BEFORE('2026-03-04','2026-03-04')", 0),
        ("IS_AFTER('2026-03-05','2026-03-04')", 1),
        ("IS_AFTER(BLANK(),'2026-03-04')", ERROR),
        ("IS_SAME('2026-03-04','03/04/2026')", 1),
        ("IS_SAME('2026-03-04','2026-03-04T01:00:00Z')", 0),
        ("IS_SAME('2026-03-04','2026-03-04T01:00:00Z','day')", 1),
        ("IS_SAME('2026-03-04','2026-03-31','month')", 1),
        ("IS_SAME('2026-03-04','2026-01-31','quarter')", 1),
        ("IS_SAME('2026-03-04','2026-12-31','year')", 1),
        ("IS_SAME('2026-03-04','2026-03-08','week')", 0),
        ("IS_SAME('2026-03-04','2026-03-07','week')", 1),
        ("IS_SAME('2026-03-04T01:10:00Z','2026-03-04T01:59:00Z','hour')", 1),
        ("IS_SAME('2026-03-04T01:10:00Z','2026-03-04T01:10:59Z','minute')", 1),
        ("FROMNOW('2026-11-21T12:00:20Z')", "a few seconds"),
        ("FROMNOW('2026-11-21T12:01:00Z')", "a minute"),
        ("FROMNOW('2026-11-21T11:20:00Z')", "40 minutes"),
        ("FROMNOW('2026-11-21T13:00:00Z')", "an hour"),
        ("FROMNOW('2026-11-21')", "12 hours"),
        ("TONOW('2026-11-20')", "2 days"),
        ("TONOW('2026-12-16T12:00:00Z')", "25 days"),
        ("TONOW('2026-12-22')", "a month"),
        ("TONOW('2026-06-01')", "6 months"),
        ("TONOW('2025-11-01')", "a year"),
        ("TONOW('2016-11-21')", "10 years"),
        ("MAX(DATETIME_PARSE('2026-03-04'),DATETIME_PARSE('2026-03-05'))='2026-03-05'", 1),
    ],
)
def test_between_dates(formula: str, result: Value) -> None:
    """Differences are whole units, cut towards 0; working days count both ends."""
    assert evaluate(formula) == result


@pytest.mark.parametrize("formula", ["{D}", "SET_TIMEZONE({D},'Asia/Tokyo')", "SET_LOCALE({D},'es')"])
def test_results_are_in_utc(formula: str) -> None:
    """A date as a result is told in UTC, whatever it was set to."""
    result = evaluate(formula, D=MOMENT)

    assert isinstance(result, datetime)
    assert (result, result.tzinfo) == (MOMENT, UTC)
