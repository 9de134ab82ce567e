"""Names of months and days, and long formats, by locale: English is what any other locale falls back to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Locale:
    """Weekdays begin with Sunday; ``formats`` are what the tokens LT, L, LL, LLL and LLLL stand for."""

    months: tuple[str, ...]
    months_short: tuple[str, ...]
    weekdays: tuple[str, ...]
    weekdays_short: tuple[str, ...]
    formats: tuple[str, ...]
    ordinal: str = ""  # what follows an ordinal number; English has rules of its own


AMERICAN = ("h:mm A", "MM/DD/YYYY", "MMMM D, YYYY", "MMMM D, YYYY h:mm A", "dddd, MMMM D, YYYY h:mm A")
BRITISH = ("HH:mm", "DD/MM/YYYY", "D MMMM YYYY", "D MMMM YYYY HH:mm", "dddd, D MMMM YYYY HH:mm")
GERMAN = ("HH:mm", "DD.MM.YYYY", "D. MMMM YYYY", "D. MMMM YYYY HH:mm", "dddd, D. MMMM YYYY HH:mm")
SPANISH = (
    "H:mm",
    "DD/MM/YYYY",
    "D [de] MMMM [de] YYYY",
    "D [de] MMMM [de] YYYY H:mm",
    "dddd, D [de] MMMM [de] YYYY H:mm",
)
FRENCH = ("HH:mm", "DD/MM/YYYY", "D MMMM YYYY", "D MMMM YYYY HH:mm", "dddd D MMMM YYYY HH:mm")
DUTCH = ("HH:mm", "DD-MM-YYYY", "D MMMM YYYY", "D MMMM YYYY HH:mm", "dddd D MMMM YYYY HH:mm")

# months, their short forms, weekdays, their short forms, ordinal
NAMES = {
    "en": (
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
        "Sun Mon Tue Wed Thu Fri Sat",
        "",
    ),
    "de": (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan. Feb. März Apr. Mai Juni Juli Aug. Sep. Okt. Nov. Dez.",
        "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
        "So. Mo. Di. Mi. Do. Fr. Sa.",
        ".",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene. feb. mar. abr. may. jun. jul. ago. sep. oct. nov. dic.",
        "domingo lunes martes miércoles jueves viernes sábado",
        "dom. lun. mar. mié. jue. vie. sáb.",
        "º",
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        "dimanche lundi mardi mercredi jeudi vendredi samedi",
        "dim. lun. mar. mer. jeu. ven. sam.",
        "",
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "domenica lunedì martedì mercoledì giovedì venerdì sabato",
        "dom lun mar mer gio ven sab",
        "º",
    ),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag",
        "zo. ma. di. wo. do. vr. za.",
        "e",
    ),
    "pt": (
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado",
        "dom seg ter qua qui sex sáb",
        "º",
    ),
}
FORMATS = {"en": AMERICAN, "de": GERMAN, "es": SPANISH, "fr": FRENCH, "it": FRENCH, "nl": DUTCH, "pt": SPANISH}
AS_BRITISH = ("en-gb", "en-au", "en-ie", "en-nz")


@cache
def _known(language: str, british: bool) -> Locale:
    *names, ordinal = NAMES[language]
    months, months_short, weekdays, weekdays_short = (tuple(each.split()) for each in names)
    formats = BRITISH if british else FORMATS[language]
    return Locale(months, months_short, weekdays, weekdays_short, formats, ordinal)


def locale(name: str) -> Locale:
    """The locale of a name such as ``de`` or ``en-gb``; English for one that is not known."""
    name = name.lower().replace("_", "-")
    language = name.split("-")[0]
    return _known(language if language in NAMES else "en", name in AS_BRITISH)
