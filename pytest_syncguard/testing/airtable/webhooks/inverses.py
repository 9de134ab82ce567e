"""A link that changes at one end has changed at the other, too, and webhooks tell of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_syncguard.testing.airtable.changes import Change
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field
from pytest_syncguard.testing.airtable.store.store import Store


@dataclass
class _Move:
    """What came into a record's link field, and what went; not what did both."""

    gained: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def gain(self, record: str) -> None:
        _one_more(record, self.gained, self.lost)

    def lose(self, record: str) -> None:
        _one_more(record, self.lost, self.gained)


def _one_more(record: str, here: list[str], there: list[str]) -> None:
    if record in there:
        there.remove(record)
    else:
        here.append(record)


def with_inverses(changes: Sequence[Change], base: Base, store: Store) -> Sequence[Change]:
    """The changes of one request, and what they bring about in the records at the other end of links.

    What such a cell held before is told in an order that need not have been its own.
    """
    fields = {each.id: each for table in base.tables for each in table.fields}
    moves = _moves(changes, fields)
    if not moves:
        return changes
    destroyed = {record for change in changes for record in change.destroyed}
    more: list[Change] = []
    for inverse, others in moves.items():
        living = [each for each in others if each not in destroyed]
        now = store.links.of(fields[inverse], living)
        changed: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
            (each, {inverse: _before(now.get(each, []), others[each])}, {inverse: now.get(each)}) for each in living
        ]
        table = next(table.id for table in base.tables if inverse in table.by_id)
        more.append(Change(base.id, table, changes[0].user, changes[0].at, changed=changed))
    return [*changes, *more]


def _moves(changes: Sequence[Change], fields: Mapping[str, Field]) -> dict[str, dict[str, _Move]]:
    """By the inverse field, and the record at that end."""
    moves: dict[str, dict[str, _Move]] = {}
    for link, record, before, after in (each for change in changes for each in _links(change)):
        known = fields.get(link)
        inverse = known.options.get("inverseLinkFieldId") if known and known.type == LINK else None
        if inverse is None or inverse not in fields:
            continue
        ends = moves.setdefault(inverse, {})
        for other in after:
            if other not in before:
                ends.setdefault(other, _Move()).gain(record)
        for other in before:
            if other not in after:
                ends.setdefault(other, _Move()).lose(record)
    return moves


def _links(change: Change) -> Iterator[tuple[str, str, Sequence[str], Sequence[str]]]:
    """Each cell that may be one of links: its field, its record, what it held and what it holds."""
    for row, cells in change.created:
        for each, cell in cells.items():
            yield each, row.id, (), cell or ()
    for record, before, after in change.changed:
        for each, cell in after.items():
            yield each, record, before.get(each) or (), cell or ()
    for each, record, others in change.unlinked:
        yield each, record, others, ()


def _before(now: Sequence[str], move: _Move) -> list[str] | None:
    return [*(each for each in now if each not in move.gained), *move.lost] or None
