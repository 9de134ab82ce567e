"""Formulas of fields: kept by the ids of the fields that they name, and of which type their results are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_syncguard.testing.airtable.formulas.errors import FormulaError
from pytest_syncguard.testing.airtable.formulas.parse import compile_formula
from pytest_syncguard.testing.airtable.formulas.syntax import GRAMMAR, Call, Chain, Literal, Node, Reference, parse
from pytest_syncguard.testing.airtable.schema import Field, Table

if TYPE_CHECKING:
    from lark import Lark

NUMBERS = {"number", "currency", "percent", "duration", "rating", "count", "autoNumber", "checkbox"}
MOMENTS = {"date", "dateTime", "createdTime", "lastModifiedTime"}
WITH_RESULT = {"formula", "rollup", "multipleLookupValues", "createdTime", "lastModifiedTime"}
FINEST = 8  # digits after the point
VALUES = "values"  # what the formula of a rollup calls the cells that it is made of

_OF_NUMBERS = re.compile(
    "-|SUM|AVERAGE|ABS|ROUND|ROUNDUP|ROUNDDOWN|CEILING|FLOOR|MOD|POWER|EXP|SQRT|LOG|VALUE|DATETIME_DIFF"
)
_OF_WHOLE_NUMBERS = re.compile(
    "COUNT|COUNTA|COUNTALL|INT|EVEN|ODD|LEN|FIND|SEARCH|AND|OR|XOR|NOT|TRUE|FALSE|ISERROR|REGEX_MATCH"
    "|IS_BEFORE|IS_AFTER|IS_SAME|YEAR|MONTH|DAY|HOUR|MINUTE|SECOND|WEEKDAY|WEEKNUM|WORKDAY_DIFF"
)
_OF_MOMENTS = {"NOW", "DATEADD", "DATETIME_PARSE", "WORKDAY", "CREATED_TIME", "LAST_MODIFIED_TIME"}
_OF_ARGUMENTS = {"MAX", "MIN"}  # numbers of numbers, moments of moments
_FRACTIONS = {"AVERAGE", "SQRT", "LOG", "EXP", "POWER", "VALUE"}
_DATE = {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}
_TIME = {**_DATE, "timeFormat": {"name": "24hour", "format": "HH:mm"}, "timeZone": "utc"}

T = TypeVar("T")
Look = Callable[[str], Mapping[str, Any] | None]  # a reference -> the type of its values, as `kept`


def by_ids(text: str, table: Table, *, rollup: bool = False) -> tuple[str, list[str]]:
    """The formula with ``{fld...}`` for each field that it names, and these ids in their order.

    Raises `FormulaError` for a text that is no formula, and for names that no field of the table has.
    """
    compile_formula(text)
    ids: dict[str, None] = {}
    unknown: list[str] = []
    pieces, end = [], 0
    for token in _names(text):
        name = _named(token)
        if rollup and name == VALUES:
            continue
        field = table.by_name.get(name) or table.by_id.get(name)
        if field is None:
            unknown.append(name)
            continue
        ids[field.id] = None
        pieces += [text[end : token.start_pos], "{", field.id, "}"]
        end = token.end_pos
    if unknown:
        raise FormulaError(f"Unknown field names: {', '.join(name.lower() for name in dict.fromkeys(unknown))}")
    return "".join([*pieces, text[end:]]), list(ids)


def unknown_names(text: str, table: Table, *, rollup: bool = False) -> list[str]:
    """What a formula names and no field of the table is; nothing of a text that is no formula."""
    from lark.exceptions import LarkError

    try:
        tokens = _names(text)
    except LarkError:
        return []
    names = dict.fromkeys(_named(token) for token in tokens)
    known = {*table.by_name, *table.by_id, *((VALUES,) if rollup else ())}
    return [name for name in names if name not in known]


@cache
def _tokens() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True)


def _named(token: Any) -> str:
    return token[1:-1].replace(r"\}", "}") if token.type == "FIELD" else str(token)


def _names(text: str) -> list[Any]:
    """The tokens that name fields, in their order."""
    tree = _tokens().parse(text)
    found = tree.scan_values(lambda token: getattr(token, "type", "") in ("FIELD", "NAME"))
    return sorted(found, key=lambda token: token.start_pos)


def kept(field: Field) -> dict[str, Any]:
    """The type of the values of a field, ``{"type", "options"?}``: of computed ones that of their results."""
    if field.type in WITH_RESULT:
        found = field.options.get("result")
        return dict(found) if isinstance(found, Mapping) else _of("singleLineText")
    return _of(field.type, field.options)


def result_of(text: str, look: Look) -> dict[str, Any]:
    """The type of what a formula comes to: a number, a date, a date with time, or a text."""
    node = parse(text)
    kind = _sort(node, look)
    match kind:
        case "number":
            return _of("number", {"precision": _precision(node, look)})
        case "date":
            return _of("date", _DATE)
        case "dateTime":
            return _of("dateTime", _TIME)
        case _:
            return _of("singleLineText")


def _of(kind: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"type": kind} | ({"options": dict(options)} if options else {})


def _sort(node: Node | None, look: Look) -> str:
    """``number``, ``date``, ``dateTime``, ``text``, or nothing for what is blank."""
    match node:
        case Literal(value):
            return "text" if isinstance(value, str) else "number"
        case Reference(name):
            return _sort_of(str((look(name) or {}).get("type")))
        case Chain(_, rest):
            return "text" if rest[0][0] == "&" else "number"
        case Call("TODAY", _):
            return "date"
        case Call(function, arguments):
            return _sort_of_call(function, [_sort(each, look) for each in arguments])
        case None:
            return ""


def _sort_of(kind: str) -> str:
    if kind in NUMBERS:
        return "number"
    return ("date" if kind == "date" else "dateTime") if kind in MOMENTS else "text"


def _sort_of_call(function: str, arguments: list[str]) -> str:
    if _OF_NUMBERS.fullmatch(function) or _OF_WHOLE_NUMBERS.fullmatch(function):
        return "number"
    if function in _OF_MOMENTS:
        return "dateTime"
    if function in _OF_ARGUMENTS:
        return _common(arguments) if set(arguments) & {"date", "dateTime"} else "number"
    if function in ("IF", "SWITCH"):
        return _common(_outcomes(function, arguments))
    return "" if function in ("BLANK", "ERROR") else "text"


def _outcomes(function: str, arguments: Sequence[T]) -> Sequence[T]:
    """Those of the arguments that a call may come to."""
    if function == "IF":
        return arguments[1:]
    if function == "SWITCH":
        default = arguments[-1:] if len(arguments) % 2 == 0 else ()
        return [*arguments[2::2], *default]
    return arguments


def _common(sorts: Sequence[str]) -> str:
    """What values of these sorts are together."""
    found = {sort for sort in sorts if sort}
    if len(found) > 1 and found <= {"date", "dateTime"}:
        return "dateTime"
    return found.pop() if len(found) == 1 else "text" if found else ""


def _precision(node: Node | None, look: Look) -> int:
    """Digits after the point that are worth showing."""
    match node:
        case Literal(value) if not isinstance(value, str):
            return min(len(f"{value:f}".rstrip("0").partition(".")[2]), FINEST)
        case Reference(name):
            precision = ((look(name) or {}).get("options") or {}).get("precision", 0)
            return precision if isinstance(precision, int) else 0
        case Chain(first, rest):
            if rest[0][0] not in "+-*/":
                return 0
            least = int(any(operator == "/" for operator, _ in rest))
            return max(least, _precision(first, look), *(_precision(each, look) for _, each in rest))
        case Call(function, _) if _OF_WHOLE_NUMBERS.fullmatch(function):
            return 0
        case Call(function, arguments):
            inner = max((_precision(each, look) for each in _outcomes(function, arguments)), default=0)
            return max(inner, 1) if function in _FRACTIONS else inner
        case _:
            return 0
