"""Readers of single values: a TOML value in, the checked value out, or a fault noted and `Wrong` raised."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath
from typing import TypeAlias, TypeVar

from pytest_syncguard.settings.faults import Place, did_you_mean, kind, quoted, shown
from pytest_syncguard.verdict import KINDS

T = TypeVar("T")
Reader: TypeAlias = Callable[[Place, object], T]

PLACEHOLDERS = ("resource", "since", "epoch", "identity", "tail")
SINCE_THE_TRIGGER = frozenset({"since", "epoch", "identity"})  # any of them leaves older builds out
OPERATORS = frozenset({"&&", "||", "2>&1"})  # of a shell; others may be meant as they are, as in find -exec … ;
LONGEST = 24 * 3600.0  # seconds; whoever waits longer than a day has made a mistake
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = "".join(rf"(?:([0-9]+(?:\.[0-9]+)?){unit})?" for unit in _UNITS)
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_HOST_NAME = rf"{_HOST}|[0-9A-Fa-f:.]+"
_WEB = rf"https?://{_HOST}(?::([0-9]{{1,5}}))?(?:[/?#]\S*)?"
_TCP = rf"tcp://{_HOST}:([0-9]{{1,5}})"
_PLACEHOLDER = r"(?<![{$])\{([A-Za-z_]\w*)\}(?!\})"
_SPEAKABLE = f"what commands can be told in this locale ({sys.getfilesystemencoding()}): set LC_ALL=C.UTF-8"
_MODULE = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"


def text(at: Place, value: object) -> str:
    """A string that is not empty."""
    if not isinstance(value, str):
        scalar = isinstance(value, int | float)
        raise at.wrong(shown(value), "a string", f"did you mean {quoted(shown(value))}?" if scalar else "")
    if not value.strip() or "\0" in value:
        raise at.wrong(shown(value), "a string that is not empty and holds no NUL")
    return value


def _speakable(word: str) -> bool:
    """Whether the system takes it as a file's name or a command's word: not every locale knows every letter."""
    try:
        os.fsencode(word)
    except UnicodeEncodeError:
        return False
    return True


def flag(at: Place, value: object) -> bool:
    """``true`` or ``false``; no other value stands for either."""
    if not isinstance(value, bool):
        raise at.wrong(shown(value), "true or false")
    return value


def port(at: Place, value: object) -> int:
    """A TCP port."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
        raise at.wrong(shown(value), "an integer from 1 to 65535")
    return value


def duration(at: Place, value: object) -> float:
    """Seconds, from a number of seconds or from ``"5m"``, ``"1m30s"``, ``"250ms"``; at most a day."""
    seconds = _seconds(value)
    if seconds is None or not 0 <= seconds <= LONGEST:
        raise at.wrong(shown(value), 'a duration from 0 to "24h": seconds, or such as "5m", "1m30s", "250ms"')
    return seconds


def positive_duration(at: Place, value: object) -> float:
    """A duration that is longer than nothing."""
    if not (seconds := duration(at, value)):
        raise at.wrong(shown(value), 'a duration above 0, such as "10s"')
    return seconds


def pattern(at: Place, value: object) -> str:
    """A regular expression that compiles, and that does not match every line there is."""
    expression = text(at, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what `re` warns of today means something else tomorrow
            compiled = re.compile(expression)
    except (re.error, Warning, RecursionError, OverflowError) as error:
        raise at.wrong(quoted(expression), f"a regular expression ({error})") from error
    if compiled.search(""):
        raise at.wrong(quoted(expression), "a regular expression that does not match an empty line")
    return expression


def grouped_pattern(at: Place, value: object) -> str:
    """A regular expression whose first group is what is wanted."""
    expression = pattern(at, value)
    if not re.compile(expression).groups:
        raise at.wrong(quoted(expression), "a regular expression with a group, such as (\\w+)")
    return expression


def name(at: Place, value: object) -> str:
    """A stage's name: it becomes a target, an argument and part of a file's name."""
    word = text(at, value)
    if not re.fullmatch(_NAME, word):
        raise at.wrong(quoted(word), "at most 100 letters, digits, '.', '_' and '-', a letter or digit first")
    if word in KINDS:
        raise at.wrong(quoted(word), f"a name that does not stand for a whole kind ({', '.join(KINDS)})")
    return word


def argument(at: Place, value: object) -> str:
    """A word for an engine's command line that cannot be taken for an option."""
    word = text(at, value)
    if word.startswith("-"):
        raise at.wrong(quoted(word), "a word that does not begin with '-'")
    if not _speakable(word):
        raise at.wrong(quoted(word), _SPEAKABLE)
    return word


def host(at: Place, value: object) -> str:
    """A host name or address, without scheme and port."""
    word = text(at, value)
    if not re.fullmatch(_HOST_NAME, word):
        raise at.wrong(quoted(word), "a host name or address alone, such as localhost")
    return word


def web_url(at: Place, value: object) -> str:
    """A URL that a browser opens."""
    return _url(at, value, (_WEB,), "http://… or https://…")


def any_url(at: Place, value: object) -> str:
    """A URL that can be waited for: HTTP, or a bare TCP port."""
    return _url(at, value, (_WEB, _TCP), "http://…, https://… or tcp://host:port")


def folder(at: Place, value: object) -> str:
    """A folder inside the project, relative to its root."""
    path = text(at, value)
    if not _speakable(path):
        raise at.wrong(quoted(path), _SPEAKABLE)
    return _inside(at, path, path)


def glob(at: Place, value: object) -> str:
    """A glob inside the project, relative to its root; a leading ``!`` takes away what it matches."""
    path = text(at, value)
    bare = path.removeprefix("!")
    return ("!" if path != bare else "") + _inside(at, path, bare)


def plain_glob(at: Place, value: object) -> str:
    """A glob that takes nothing away."""
    path = glob(at, value)
    if path.startswith("!"):
        raise at.wrong(quoted(path), "a glob without a leading '!'")
    return path


def module(at: Place, value: object) -> str:
    """The dotted name of a Python module."""
    word = text(at, value)
    if not re.fullmatch(_MODULE, word):
        raise at.wrong(quoted(word), "the dotted name of a Python module, such as my_project.guards")
    return word


def one_of(names: Collection[str]) -> Reader[str]:
    """One name out of a few."""

    def read(at: Place, value: object) -> str:
        if not isinstance(value, str) or value not in names:
            hint = did_you_mean(value, names) if isinstance(value, str) else ""
            raise at.wrong(shown(value), f"one of {', '.join(names)}", hint)
        return value

    return read


def maybe(reader: Reader[str]) -> Reader[str]:
    """What the reader takes, or an empty string, which means: not set."""

    def read(at: Place, value: object) -> str:
        return "" if value == "" else reader(at, value)

    return read


def array(item: Reader[T]) -> Reader[tuple[T, ...]]:
    """An array, each element read by itself, so that all of its faults are told."""

    def read(at: Place, value: object) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            hint = f"did you mean [{shown(value)}]?" if isinstance(value, str) else ""
            raise at.wrong(shown(value), "an array", hint)
        items = (at.item(number).read(item, element) for number, element in enumerate(value, start=1))
        return tuple(element for element in items if element is not None)

    return read


def folders(at: Place, value: object) -> tuple[str, ...]:
    """Folders inside the project: at least one, and each once."""
    found = array(folder)(at, value)
    if not found and not at.faulty:
        raise at.wrong("an empty array", 'an array of folders, such as ["."]')
    for number, path in enumerate(found, start=1):
        if path in found[: number - 1]:
            at.item(number).wrong(f"{quoted(path)} a second time", "each folder once")
    return found


def argv(at: Place, value: object) -> tuple[str, ...]:
    """A command as an array of words; no shell ever reads it."""
    if not isinstance(value, list | tuple):
        words = ", ".join(quoted(word) for word in value.split()) if isinstance(value, str) else ""
        raise at.wrong(shown(value), "an array of words", f"did you mean [{words}]?" if words else "")
    for number, word in enumerate(value, start=1):
        if not isinstance(word, str) or "\0" in word:
            at.item(number).wrong(shown(word), "a string without NUL")
        elif not _speakable(word):
            at.item(number).wrong(quoted(word), _SPEAKABLE)
        elif word in OPERATORS:
            at.item(number).wrong(quoted(word), 'words of one command, for no shell reads it: write ["sh", "-c", "…"]')
        elif number == 1:
            at.item(number).read(text, word)
    return tuple(word for word in value if isinstance(word, str))


def command(at: Place, value: object) -> tuple[str, ...]:
    """A command that must be there."""
    words = argv(at, value)
    if not words:
        raise at.wrong("an empty array", "an array of words, the program first")
    return words


def template(at: Place, value: object) -> tuple[str, ...]:
    """A command in which ``{resource}`` and the like are filled in; ``{{…}}`` and ``${…}`` stay."""
    words = argv(at, value)
    required = f"one of {', '.join(f'{{{known}}}' for known in PLACEHOLDERS)}"
    for number, word in enumerate(words, start=1):
        for unknown in sorted(placeholders(word).difference(PLACEHOLDERS)):
            hint = did_you_mean(unknown, PLACEHOLDERS)
            at.item(number).wrong(quoted(f"{{{unknown}}}"), required, hint)
    return words


def placeholders(word: str) -> set[str]:
    """The names of the placeholders in one word of a template."""
    return set(re.findall(_PLACEHOLDER, word))


def environment(at: Place, value: object) -> tuple[tuple[str, str], ...]:
    """Environment variables. Values may be secrets: faults tell their kind only."""
    if not isinstance(value, Mapping):
        raise at.wrong(kind(value), "a table of strings")
    for variable, content in value.items():
        if not variable or "=" in variable or "\0" in variable:
            at.key(variable).wrong("this name", "a variable's name, without '='")
        elif not isinstance(content, str) or "\0" in content:
            at.key(variable).wrong(kind(content), "a string without NUL")
        elif not _speakable(variable + content):
            at.key(variable).wrong("letters that the locale does not know", _SPEAKABLE)
    return tuple((variable, content) for variable, content in value.items() if isinstance(content, str))


def _seconds(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        # Compared as it is: an integer may be too large for a float.
        return float(value) if -LONGEST <= value <= LONGEST else None
    if not isinstance(value, str) or not value or not (match := re.fullmatch(_DURATION, value)):
        return None
    return sum(float(part) * unit for part, unit in zip(match.groups(), _UNITS.values(), strict=True) if part)


def _url(at: Place, value: object, forms: tuple[str, ...], required: str) -> str:
    url = text(at, value)
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise at.wrong("a URL with a user or password", f"{required}, without secrets")
    match = next((match for form in forms if (match := re.fullmatch(form, url))), None)
    if not match:
        raise at.wrong(quoted(url), required, _with_scheme(url, forms))
    if match[1] and not 1 <= int(match[1]) <= 65535:
        raise at.wrong(quoted(url), "a URL with a port from 1 to 65535")
    return url


def _with_scheme(url: str, forms: tuple[str, ...]) -> str:
    """What an address without its scheme was meant to be."""
    meant = (f"{scheme}{url}" for scheme in ("tcp://", "http://") if re.search(r":[0-9]|[.]|\Alocalhost\b", url))
    right = next((each for each in meant if any(re.fullmatch(form, each) for form in forms)), "")
    return f"did you mean {quoted(right)}?" if right else ""


def _inside(at: Place, value: str, path: str) -> str:
    """The path in its plain form: git knows no ``./``, and a glob written so would never match."""
    parts = PurePosixPath(path).parts
    if not path or path.startswith(("/", "~")) or ".." in parts:
        raise at.wrong(quoted(value), "a path inside the project, relative to its root")
    return str(PurePosixPath(path))
