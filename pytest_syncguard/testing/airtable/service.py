"""What every request is answered from: what is kept, who may do what, and who wants to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from pytest_syncguard.testing.airtable.bounds import Bounds
from pytest_syncguard.testing.airtable.changes import Change, Listener
from pytest_syncguard.testing.airtable.faults import Faults
from pytest_syncguard.testing.airtable.fields.kind import Showing, User, Writing
from pytest_syncguard.testing.airtable.limits import Limits
from pytest_syncguard.testing.airtable.records.following import follow
from pytest_syncguard.testing.airtable.records.listing import Iterators
from pytest_syncguard.testing.airtable.records.reader import Reader
from pytest_syncguard.testing.airtable.records.writing import instant
from pytest_syncguard.testing.airtable.schema import Base
from pytest_syncguard.testing.airtable.shaping.telling import differences
from pytest_syncguard.testing.airtable.store.store import Store
from pytest_syncguard.testing.airtable.store.users import Users
from pytest_syncguard.testing.airtable.tokens import Grant, Tokens
from pytest_syncguard.testing.airtable.traffic import Traffic
from pytest_syncguard.testing.airtable.webhooks.hooks import Webhooks

if TYPE_CHECKING:
    from starlette.requests import Request

OWNER = User("usrLocalOwner0000", "owner@example.com", "Local Owner")
T = TypeVar("T")
BATCH = 10  # records in one request


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Service:
    """One local Airtable, without the network. Used by one thread at a time.

    ``batch``: records that one request may write.
    """

    store: Store
    tokens: Tokens = field(default_factory=Tokens)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    traffic: Traffic = field(default_factory=Traffic)
    bounds: Bounds = field(default_factory=Bounds)
    now: Callable[[], datetime] = _now
    batch: int = BATCH
    url: str = ""
    listeners: list[Listener] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.users.setdefault(OWNER.id, OWNER)
        self.iterators = Iterators(lambda: self.now().timestamp())
        self.webhooks = Webhooks(self)
        self.listeners += [self._follow, self.webhooks.record]

    @property
    def users(self) -> Users:
        """The collaborators, by id."""
        return self.store.users

    def reader(self, base: Base, *, zone: str = "UTC", locale: str = "en") -> Reader:
        showing = Showing(zone=zone, locale=locale, users=self.users, base_url=self.url)
        return Reader(self.store, base, showing, self.now())

    def writing(self, *, typecast: bool = False) -> Writing:
        return Writing(typecast=typecast, now=self.now(), users=self.users)

    def changed(self, *changes: Change) -> None:
        """Tell the listeners all that a request has changed; called within the transaction that did it."""
        if told := [each for each in changes if each.created or each.changed or each.destroyed or each.schema]:
            for listener in self.listeners:
                listener(told)

    def reshape(self, before: Base, user: User, work: Callable[[Base], tuple[Base, T]]) -> tuple[Base, T]:
        """Change a base's schema, and tell who listens, table by table; ``work`` returns what it made, too."""
        with self.store.transaction():
            after, made = work(before)
            self.store.bases.save(after)
            told, at = differences(before, after), instant(self.now())
            self.changed(*(Change(after.id, table, user, at, schema=each) for table, each in told.items()))
        return after, made

    def _follow(self, changes: Sequence[Change]) -> None:
        for change in changes:
            follow(self.store, change)


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def grant_of(request: Request) -> Grant:
    grant: Grant = request.state.grant
    return grant
