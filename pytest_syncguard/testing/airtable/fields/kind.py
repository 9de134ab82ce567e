"""What a kind of field is: which values it accepts, how it keeps them, and how it shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from pytest_syncguard.testing.airtable.formulas.values import Value
from pytest_syncguard.testing.airtable.schema import Field

Cell = Any  # what is kept of a value: whatever JSON can hold; None is an empty cell


@dataclass(frozen=True)
class User:
    """Who acts; a collaborator of the base."""

    id: str
    email: str
    name: str


@dataclass
class Writing:
    """What `Kind.accept` may need. ``choices``: new options of selects, by the field's id, that typecast has made;
    who calls writes them into the schema. ``attachments``: those that exist, by id. ``now``: with time zone.
    """

    typecast: bool = False
    now: datetime = field(default_factory=lambda: datetime.now().astimezone())
    users: Mapping[str, User] = field(default_factory=dict)
    attachments: Callable[[str], Mapping[str, Any] | None] = lambda _: None
    choices: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Showing:
    """How cells are shown as text, for ``cellFormat=string`` and to formulas. ``base_url`` is where attachments lie."""

    zone: str = "UTC"
    locale: str = "en"
    users: Mapping[str, User] = field(default_factory=dict)
    base_url: str = ""


class Kind:
    """One type of field. All methods are pure, but for new choices in `Writing`."""

    type: ClassVar[str]
    computed: ClassVar[bool] = False  # nobody writes it
    merges: ClassVar[bool] = False  # an upsert may merge on it
    creatable: ClassVar[bool] = True  # Airtable's metadata API creates it; see `options.not_creatable`

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The options that a new field of this type gets, checked and completed as Airtable does.

        ``name`` is for the error's text: `Table.Field`, as Airtable has it, or the field's name alone.
        Raises `AirtableError` (422) for options that are wrong or missing.
        """
        raise NotImplementedError

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        """What to keep of a value from JSON that is not null. Raises INVALID_VALUE_FOR_COLUMN and the like."""
        raise NotImplementedError

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        """The value in JSON, of a cell that is not None. None means that it is left out of the answer."""
        return cell

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        """The value as people see it: for ``cellFormat=string``, and as what links and formulas show of it."""
        return str(cell)

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        """The value as formulas see it; of an empty cell, too (``None``: blank)."""
        return None if cell is None else self.text(field, cell, showing)

    def order(self, field: Field, cell: Cell) -> Any:
        """A key by which cells that are not None are sorted in ascending order."""
        return self.text(field, cell, Showing()).casefold()
