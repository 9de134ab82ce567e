"""Which test proves what of pyairtable, and the table of it in the docs.

``python -m tests.contract.airtable.proof`` writes the table anew.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyairtable
from pyairtable.orm import Model
from pyairtable.orm import fields as F
from pyairtable.orm.fields import AnyField

T = TypeVar("T", bound=Callable[..., object])

HERE = Path(__file__).parent
DOCS = HERE.parents[2] / "docs" / "airtable.md"
BEGIN = "<!-- written by: python -m tests.contract.airtable.proof -->"
END = "<!-- end of what is written -->"
CLASSES = (pyairtable.Api, pyairtable.Base, pyairtable.Table, Model)
ENTERPRISE = {"Api.enterprise", "Base.shares", "Base.delete"}  # of which the service and we cover nothing


def covers(*methods: str) -> Callable[[T], T]:
    """Says that a test calls these public methods, such as ``Table.first``; `test_coverage` checks that it does.

    In the test an `Api` is called ``api``, a `Base` ``base``, and a `Table` or a `Model` anything else.
    """

    def same(test: T) -> T:
        return test

    return same


@dataclass(frozen=True)
class Claim:
    """That a test calls a method. ``called``: what it really calls, as ``receiver.method``."""

    method: str
    test: str
    called: frozenset[tuple[str, str]]

    @property
    def holds(self) -> bool:
        """Whether it calls a method of this name, of what has the name of such an object."""
        kind, _, method = self.method.partition(".")
        own = kind.lower()
        known = {receiver for receiver, name in self.called if name == method}
        return own in known if own in ("api", "base") else bool(known - {"api", "base"})


def claims() -> Iterator[Claim]:
    """All that the tests of this folder say by `covers`."""
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for method in _claimed(node):
                    yield Claim(method, f"{path.name}::{node.name}", frozenset(_called(node)))


def _claimed(test: ast.FunctionDef) -> Iterator[str]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "covers":
            yield from (str(each.value) for each in decorator.args if isinstance(each, ast.Constant))


def _called(test: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Pairs of an object's name, empty if it has none, and what is used of it."""
    for statement in test.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute):
                yield node.value.id if isinstance(node.value, ast.Name) else "", node.attr


def methods() -> set[str]:
    """The public methods and properties of pyairtable's Api, Base, Table and Model."""
    kinds = (property, classmethod, staticmethod)
    return {
        f"{owner.__name__}.{name}"
        for owner in CLASSES
        for name, member in vars(owner).items()
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, kinds))
    }


def field_classes() -> set[type[AnyField]]:
    """The types of fields of pyairtable's ORM."""
    named = (getattr(F, name) for name in F.__all__)
    return {each for each in named if inspect.isclass(each) and issubclass(each, F.Field) and each is not F.Field}


def field_tests() -> Mapping[str, Sequence[type[AnyField]]]:
    """By the test that is run for each of them, the types of fields."""
    from tests.contract.airtable.columns import LINKS, LOADED, READ_ONLY, VALUES

    return {
        "test_a_value_of_each_type_comes_back": list(VALUES),
        "test_links_are_fetched_when_they_are_looked_at": list(LINKS),
        "test_what_is_computed_is_read": list(READ_ONLY),
        "test_types_that_nobody_creates_are_read": list(LOADED),
    }


def written() -> str:
    """The table as it belongs into the docs: each method with the first test that calls it."""
    rows: dict[str, list[str]] = {}
    seen: set[str] = set()
    for claim in claims():
        if claim.method not in seen:
            seen.add(claim.method)
            rows.setdefault(claim.test, []).append(claim.method)
    of_fields = field_tests()
    numbers = f"{len(seen & methods())} of {len(methods())} methods, "
    numbers += (
        f"{len({kind for kinds in of_fields.values() for kind in kinds})} of {len(field_classes())} types of fields:"
    )
    lines = [numbers, "", "| of pyairtable | proven by |", "|---|---|"]
    lines += [f"| {_listed(names)} | `{test}` |" for test, names in rows.items()]
    for test, kinds in of_fields.items():
        lines.append(f"| {_listed(kind.__name__ for kind in kinds)} | `test_orm.py::{test}` |")
    return "\n".join(["", *lines, ""])


def _listed(names: Iterator[str] | Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def parted(text: str) -> tuple[str, str, str]:
    """The docs before the table, the table, and what comes behind it."""
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    return before + BEGIN, table, END + after


if __name__ == "__main__":
    before, _, after = parted(DOCS.read_text(encoding="utf-8"))
    DOCS.write_text(before + written() + after, encoding="utf-8")
