"""What the fields of a base that was loaded refer to, and which of them can only be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_syncguard.settings.faults import quoted
from pytest_syncguard.testing.airtable.fields.registry import KINDS
from pytest_syncguard.testing.airtable.formulas.errors import FormulaError
from pytest_syncguard.testing.airtable.formulas.parse import compile_formula
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table
from pytest_syncguard.testing.airtable.shaping.expressions import unknown_names
from pytest_syncguard.testing.airtable.shaping.faults import fault

_THROUGH_LINKS = ("multipleLookupValues", "rollup", "count")


def reference_faults(base: Base) -> Iterator[str]:
    """Links, linked fields and fields of formulas that are not there, a line each.

    What Airtable itself calls invalid (``isValid`` is false) lost them by design, and stays as it is.
    """
    tables = {table.id: table for table in base.tables}
    for place, table in enumerate(base.tables):
        for number, each in enumerate(table.fields):
            if _is_valid(each):
                where = f"tables[{place}].fields[{number}].options"
                if each.type in _THROUGH_LINKS:
                    yield from _through_a_link(where, table, each, tables)
                if each.type in ("formula", "rollup"):
                    yield from _of_a_formula(where, table, each)


def _is_valid(field: Field) -> bool:
    return bool(field.options.get("isValid", True))


def _through_a_link(where: str, table: Table, field: Field, tables: Mapping[str, Table]) -> Iterator[str]:
    named, wanted = field.options.get("recordLinkFieldId"), field.options.get("fieldIdInLinkedTable")
    if named is None:
        return
    link = table.by_id.get(named)
    if link is None or link.type != LINK:
        yield fault(f"{where}.recordLinkFieldId", named, "the id of a link of the table")
        return
    linked = tables[link.options["linkedTableId"]]
    if wanted is not None and wanted not in linked.by_id:
        yield fault(
            f"{where}.fieldIdInLinkedTable", wanted, f"the id of a field of the linked table {quoted(linked.name)}"
        )


def _of_a_formula(where: str, table: Table, field: Field) -> Iterator[str]:
    text = field.options.get("formula")
    if isinstance(text, str):
        for name in unknown_names(text, table, rollup=field.type == "rollup"):
            yield fault(f"{where}.formula", name, "a field of the table", table.by_name)


def warnings(base: Base) -> Iterator[str]:
    """A line for each field that is there and does less than in Airtable."""
    for table in base.tables:
        for field in table.fields:
            where, text = f"table {quoted(table.name)}, field {quoted(field.name)}", field.options.get("formula")
            if field.type not in KINDS:
                yield f"{where}: is only read, since fields of the type {field.type} are not covered"
            elif field.type in _THROUGH_LINKS and _is_valid(field) and not field.options.get("recordLinkFieldId"):
                yield f"{where}: is always empty, since it names no link (recordLinkFieldId)"
            elif field.type in ("formula", "rollup") and isinstance(text, str):
                try:
                    compile_formula(text)
                except FormulaError as error:
                    yield f"{where}: is always an error, since its formula cannot be computed: {error}"
