"""The values that formulas work with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, Union


@dataclass(frozen=True)
class Fault:
    """An error as a value, such as #ERROR! or NaN: what is computed from it is one, too."""

    name: str = "#ERROR!"


# None is blank; lists come from links, lookups and fields with several values; datetimes have a time zone.
Value: TypeAlias = Union[bool, int, float, str, datetime, "list[Value]", Fault, None]
