"""How much Airtable lets through: requests a second, calls a month, records in a base; all may be changed any time.

What Airtable documents: 5 requests a second for each base, 50 for each user, and whoever asks for more waits for 30
seconds. What it leaves open is settled here:

- A second is any second: at no time have more than the rate been let through within the last one.
- Within the penalty every request of that base (or user) is refused. Refused requests neither extend it nor count.
- Calls of the month are those that were let through, of all bases together: one server is one workspace. Once they
  are used up, metadata is still told, as was seen with the real service.
"""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import UnionType
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from pytest_syncguard.settings.faults import did_you_mean, listed
from pytest_syncguard.testing.airtable.errors import RETRY_LATER, AirtableError, invalid
from pytest_syncguard.testing.airtable.tokens import base_of

QUOTA_USED_UP = "API billing plan limit exceeded. You've reached the maximum number of requests allowed for this month."
_WINDOW = 1.0  # seconds
_ABOVE_ZERO = frozenset({"rate", "user_rate", "quota", "records"})


@dataclass(frozen=True)
class Plan:
    """What is paid for: records of a base, calls of a month; None: as many as one likes."""

    name: str
    records: int | None
    calls: int | None


PLANS = {
    plan.name: plan
    for plan in (Plan("free", 1_000, 1_000), Plan("team", 50_000, 100_000), Plan("business", 125_000, None))
}


class TryLater(AirtableError):
    """Refused for now. ``retry_after``: seconds to tell in the header ``Retry-After``, rounded up; None: no header.

    With ``listed`` the body is ``{"errors": [{"error": type, "message": ...}]}``.
    """

    def __init__(
        self, status: int, kind: str, message: str, *, retry_after: float | None = None, listed: bool = False
    ) -> None:
        super().__init__(status, kind, message)
        self.retry_after, self.listed = retry_after, listed

    def body(self) -> dict[str, Any]:
        return {"errors": [{"error": self.type, "message": self.message}]} if self.listed else super().body()


class _Window:
    """What was let through of one base or one user."""

    def __init__(self) -> None:
        self.admitted: deque[float] = deque()
        self._closed_until = -math.inf

    def wait(self, now: float, rate: int, penalty: float) -> float:
        """Seconds until another request is let through; 0.0: now. One too many starts the penalty."""
        if now < self._closed_until:
            return self._closed_until - now
        while self.admitted and now - self.admitted[0] >= _WINDOW:
            self.admitted.popleft()
        if len(self.admitted) < rate:
            return 0.0
        room = self.admitted[len(self.admitted) - rate] + _WINDOW
        if penalty:
            room = self._closed_until = max(room, now + penalty)
        return max(room - now, 1e-9)


@dataclass
class Limits:
    """Every limit is off until it is set.

    ``rate``, ``user_rate``: requests a second of each base, of each user. ``penalty``: seconds for which a base or a
    user is refused that asked for more; 0: until there is room. ``quota``: calls a month. ``records``: in each base.
    ``tells_wait``: refusals say ``Retry-After``, which Airtable does not promise. ``listed``: refusals have the body
    ``{"errors": [...]}`` that was seen with the real service, instead of the documented one.
    """

    rate: int | None = None
    user_rate: int | None = None
    penalty: float = 30.0
    quota: int | None = None
    records: int | None = None
    tells_wait: bool = False
    listed: bool = False
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    wall_clock: Callable[[], float] = field(default=time.time, repr=False)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = 0.0
        self.reset()

    def __setattr__(self, name: str, value: Any) -> None:
        """Raises AttributeError for a limit that there is not, ValueError for a value that makes no sense."""
        known = [each for each in self.__dataclass_fields__ if not each.endswith("clock")]
        if not (name in self.__dataclass_fields__ or name.startswith("_")):
            raise AttributeError(f"there is no limit {name}: {did_you_mean(name, known) or f'one of {listed(known)}'}")
        if name in _ABOVE_ZERO and value is not None and not (_is_number(value, int) and value >= 1):
            raise ValueError(f"{name} must be a whole number from 1, or None to be without limit; found {value!r}")
        if name == "penalty" and not (_is_number(value, int | float) and value >= 0):
            raise ValueError(f"penalty must be 0 or more seconds; found {value!r}")
        super().__setattr__(name, value)

    @classmethod
    def realistic(cls, plan: str = "team") -> Limits:
        """As the real service has them. Raises ValueError for a plan that there is not."""
        limits = cls(rate=5, user_rate=50)
        limits.use(plan)
        return limits

    def use(self, plan: str) -> None:
        """Set the calls of a month and the records of a base to those of a plan."""
        if plan not in PLANS:
            raise ValueError(f"plan must be one of {', '.join(PLANS)}; found {plan}")
        self.quota, self.records = PLANS[plan].calls, PLANS[plan].records

    def pass_time(self, seconds: float) -> None:
        """Penalties end, and months: both clocks go forward."""
        self._ahead += seconds

    def reset(self) -> None:
        """Forget what came in so far: penalties end, and the month begins anew."""
        with self._lock:
            self._bases: defaultdict[str, _Window] = defaultdict(_Window)
            self._users: defaultdict[str, _Window] = defaultdict(_Window)
            self._month, self._calls = self._this_month(), 0

    @property
    def calls(self) -> int:
        """Calls that were let through this month."""
        return self._calls if self._month == self._this_month() else 0

    def admit(self, base: str | None, user: str, *, metadata: bool = False) -> None:
        """Count a request of a user that is about a base, if about any.

        Raises RATE_LIMIT_REACHED, and PUBLIC_API_BILLING_LIMIT_EXCEEDED unless it asks for metadata.
        """
        with self._lock:
            if not metadata and self.quota is not None and self.calls >= self.quota:
                raise TryLater(429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", QUOTA_USED_UP, listed=self.listed)
            now, windows = self.clock() + self._ahead, self._windows(base, user)
            wait = max((window.wait(now, rate, self.penalty) for window, rate in windows), default=0.0)
            if wait:
                told = _rounded_up(wait) if self.tells_wait else None
                raise TryLater(429, "RATE_LIMIT_REACHED", RETRY_LATER, retry_after=told, listed=self.listed)
            for window, _ in windows:
                window.admitted.append(now)
            self._month, self._calls = self._this_month(), self.calls + 1

    def require_room(self, count_now: int, adding: int) -> None:
        """Raises INVALID_REQUEST_UNKNOWN (422) if the base cannot hold so many records more.

        Airtable's own words for it are not known, nor whether it lets a base grow a little over its limit first.
        """
        if self.records is not None and count_now + adding > self.records:
            said = f"The base holds {count_now} of at most {self.records} records: there is no room for {adding} more"
            raise invalid(said)

    def _windows(self, base: str | None, user: str) -> list[tuple[_Window, int]]:
        of_base = [] if base is None or self.rate is None else [(self._bases[base], self.rate)]
        of_user = [] if self.user_rate is None else [(self._users[user], self.user_rate)]
        return of_base + of_user

    def _this_month(self) -> tuple[int, int]:
        return time.gmtime(self.wall_clock() + self._ahead)[:2]


def _is_number(value: Any, kind: type | UnionType) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _rounded_up(seconds: float) -> float:
    """To more than a whole millisecond, lest what is told be too short by the last bit of a float."""
    return math.ceil(seconds * 1000 + 1) / 1000


class LimitsMiddleware:
    """Counts the requests that come with a grant, as the token's middleware has put it."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        grant = scope["state"].get("grant") if scope["type"] == "http" else None
        if grant is not None:
            path = scope["path"]
            self._limits.admit(base_of(path), grant.user.id, metadata=path.startswith("/v0/meta/"))
        await self._app(scope, receive, send)
