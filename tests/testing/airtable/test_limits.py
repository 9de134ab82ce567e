"""Rate limits, penalties, quotas and full bases."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable.bounds import BoundsMiddleware
from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.limits import Limits, LimitsMiddleware, TryLater
from pytest_syncguard.testing.airtable.tokens import TokenMiddleware, Tokens
from tests.testing.airtable.serving import Echo, serving

JANUARY, FEBRUARY = 1_767_225_600.0, 1_769_904_000.0  # their first moments of 2026, UTC
GAPS = st.lists(st.floats(0, 1.5), max_size=60)


class Clock:
    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def _refusal(limits: Limits, base: str | None = "appA", user: str = "usrA", metadata: bool = False) -> TryLater | None:
    try:
        limits.admit(base, user, metadata=metadata)
    except TryLater as refused:
        return refused
    return None


def _passes(limits: Limits, base: str | None = "appA", user: str = "usrA", metadata: bool = False) -> bool:
    return _refusal(limits, base, user, metadata) is None


@given(rate=st.integers(1, 6), penalty=st.floats(0, 3), gaps=GAPS)
def test_never_more_than_the_rate_in_any_second(rate: int, penalty: float, gaps: list[float]) -> None:
    """Whenever requests come, any window of one second has at most so many accepted."""
    clock, accepted = Clock(), []
    limits = Limits(rate=rate, penalty=penalty, clock=clock)
    for gap in gaps:
        clock.now += gap
        if _passes(limits):
            accepted.append(clock.now)

    assert all(later - earlier >= 1 for earlier, later in zip(accepted, accepted[rate:], strict=False))


@given(
    rate=st.integers(1, 6), user_rate=st.integers(1, 6), penalty=st.floats(0, 40), gaps=GAPS, start=st.floats(0, 1e6)
)
def test_who_waits_as_told_gets_through(
    rate: int, user_rate: int, penalty: float, gaps: list[float], start: float
) -> None:
    """However it came to be refused, the next request after ``Retry-After`` is accepted."""
    clock, waited = Clock(start), []
    limits = Limits(rate=rate, user_rate=user_rate, penalty=penalty, tells_wait=True, clock=clock)
    for number, gap in enumerate(gaps):
        clock.now += gap
        refused = _refusal(limits, f"app{number % 2}")
        if refused is not None:
            assert refused.retry_after is not None
            clock.now += refused.retry_after
            waited.append(_passes(limits, f"app{number % 2}"))

    assert all(waited)


@given(gaps=st.lists(st.floats(0, 0.2), min_size=10, max_size=60))
def test_without_a_limit_all_get_through(gaps: list[float]) -> None:
    """All limits are off by default."""
    clock = Clock()
    limits = Limits(clock=clock)
    for gap in gaps:
        clock.now += gap
        limits.admit("appA", "usrA")
        limits.require_room(10**9, 10)

    assert limits.calls == len(gaps)


def test_a_request_too_many_shuts_the_base_for_the_penalty() -> None:
    """For 30 seconds nothing of that base passes; what is refused meanwhile does not make it longer."""
    clock = Clock()
    limits = Limits(rate=5, clock=clock)
    burst = [_passes(limits) for _ in range(6)]
    within = []
    for clock.now in (1.0, 5.0, 29.9):
        within.append(_passes(limits))
    clock.now = 30.0

    assert burst == [True] * 5 + [False]
    assert within == [False] * 3
    assert _passes(limits)


def test_other_bases_are_not_punished() -> None:
    """The limit is that of a base, whoever asks."""
    limits = Limits(rate=1, clock=Clock())

    assert _passes(limits, "appA", "usrA")
    assert not _passes(limits, "appA", "usrB")
    assert _passes(limits, "appB", "usrA")


def test_a_user_has_a_limit_over_all_bases() -> None:
    """Also for requests that are about no base; another user passes."""
    limits = Limits(user_rate=3, clock=Clock())

    assert [_passes(limits, base) for base in ("appA", "appB", None, "appC")] == [True, True, True, False]
    assert _passes(limits, "appA", "usrB")


def test_what_is_refused_uses_up_nothing() -> None:
    """A request that the base refuses is none of its user's, and no call of the month."""
    limits = Limits(rate=1, user_rate=2, quota=2, clock=Clock())
    passed = [_passes(limits, base) for base in ("appA", "appA", "appA", "appB")]

    assert passed == [True, False, False, True]
    assert limits.calls == 2


def test_without_penalty_there_is_room_after_a_second() -> None:
    """``penalty=0``: as soon as the oldest of the last second is old enough."""
    clock = Clock()
    limits = Limits(rate=2, penalty=0, clock=clock)
    outcome = []
    for clock.now in (0.0, 0.5, 0.9, 1.0, 1.1, 1.5):
        outcome.append(_passes(limits))

    assert outcome == [True, True, False, True, False, True]


def test_limits_change_while_they_run() -> None:
    """A lower rate holds for the second that has begun; none lets all through; `reset` ends a penalty."""
    limits = Limits(rate=5, clock=Clock())
    before = [_passes(limits) for _ in range(3)]
    limits.rate = 2
    lower = _passes(limits)
    limits.rate = None
    none = _passes(limits)
    limits.rate = 2
    punished = _passes(limits)
    limits.reset()

    assert (before, lower, none, punished) == ([True] * 3, False, True, False)
    assert _passes(limits)


@pytest.mark.parametrize(
    ("name", "value"), [("rate", 0), ("user_rate", -1), ("quota", 0), ("records", 0), ("penalty", -1)]
)
def test_a_limit_that_is_none_is_told(name: str, value: Any) -> None:
    """Nonsense is refused when it is set, then as at the beginning."""
    limits = Limits()
    with pytest.raises(ValueError, match=f"{name} must be .* found {value}"):
        setattr(limits, name, value)
    with pytest.raises(ValueError, match=f"{name} must be .* found {value}"):
        Limits(**{name: value})


def test_a_refusal_says_what_airtable_says() -> None:
    """429 RATE_LIMIT_REACHED in the documented body, or in that which was seen."""
    said = "Rate limit exceeded. Please try again later"
    limits = Limits(rate=1, clock=Clock())
    limits.admit("appA", "usrA")
    documented = _refusal(limits)
    limits.listed = True
    seen = _refusal(limits)

    assert documented is not None
    assert seen is not None
    assert (documented.status, documented.retry_after) == (429, None)
    assert documented.body() == {"error": {"type": "RATE_LIMIT_REACHED", "message": said}}
    assert seen.body() == {"errors": [{"error": "RATE_LIMIT_REACHED", "message": said}]}


def test_calls_of_a_month_are_used_up_until_the_next() -> None:
    """429 PUBLIC_API_BILLING_LIMIT_EXCEEDED over all bases; metadata is told; the next month begins at nought."""
    wall = Clock(JANUARY)
    limits = Limits(quota=2, wall_clock=wall)
    january = [_refusal(limits, base) for base in ("appA", "appB", "appA")]
    metadata = _passes(limits, "appA", metadata=True)
    wall.now = FEBRUARY

    assert january[:2] == [None, None]
    assert january[2] is not None
    assert (january[2].status, january[2].type) == (429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED")
    assert metadata
    assert limits.calls == 0
    assert _passes(limits)


@pytest.mark.parametrize(("records", "now", "adding", "fits"), [(10, 0, 10, True), (10, 9, 1, True), (10, 9, 2, False)])
def test_a_full_base_takes_no_more_records(records: int, now: int, adding: int, fits: bool) -> None:
    """422 once there would be more than the plan allows."""
    limits = Limits(records=records)
    try:
        limits.require_room(now, adding)
        refused = None
    except AirtableError as error:
        refused = error.status

    assert refused == (None if fits else 422)


@pytest.mark.parametrize(
    ("plan", "records", "calls"), [("free", 1_000, 1_000), ("team", 50_000, 100_000), ("business", 125_000, None)]
)
def test_the_plans(plan: str, records: int, calls: int | None) -> None:
    """As Airtable sells them; the rates are the same for all."""
    limits = Limits.realistic(plan)

    assert (limits.records, limits.quota) == (records, calls)
    assert (limits.rate, limits.user_rate, limits.penalty) == (5, 50, 30)


def test_an_unknown_plan_is_told() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="plan must be one of free, team, business; found gold"):
        Limits.realistic("gold")


def test_a_client_is_refused_and_told_to_wait() -> None:
    """Over HTTP: as many as the rate pass, then 429 with the seconds in ``Retry-After``, whole and rounded up."""
    tokens, base = Tokens(), new_id("app")
    headers = {"Authorization": f"Bearer {tokens.add(User('usrA', 'a@example.com', 'A'))}"}
    limits = Limits(rate=3, penalty=7.5, tells_wait=True, clock=Clock())
    echo = Echo()
    app = BoundsMiddleware(TokenMiddleware(LimitsMiddleware(echo, limits), tokens))
    with serving(app) as url, requests.Session() as session:
        answers = [session.get(f"{url}/v0/{base}/T", headers=headers, timeout=10) for _ in range(5)]

    assert [each.status_code for each in answers] == [200] * 3 + [429] * 2
    assert [each.headers.get("Retry-After") for each in answers] == [None] * 3 + ["8"] * 2
    assert len(echo.effects) == 3


@pytest.mark.parametrize(
    ("name", "told"), [("rat", 'no limit rat: did you mean "rate"?'), ("requests", "one of rate, user_rate, penalty")]
)
def test_a_limit_that_there_is_not_is_told(name: str, told: str) -> None:
    """Else it would be set, and do nothing."""
    with pytest.raises(AttributeError, match=told):
        setattr(Limits(), name, 5)


@pytest.mark.parametrize(("name", "value"), [("rate", "5"), ("rate", 2.5), ("quota", True), ("penalty", "1s")])
def test_a_limit_is_a_number(name: str, value: object) -> None:
    """Told at once, with what was found."""
    with pytest.raises(ValueError, match=f"^{name} must be .*found {value!r}$"):
        setattr(Limits(), name, value)


def test_time_ends_penalties_and_months() -> None:
    """However often it is told to pass."""
    limits = Limits(rate=1, penalty=30, quota=2, clock=Clock(), wall_clock=Clock(JANUARY))

    assert (_passes(limits), _passes(limits)) == (True, False)
    limits.pass_time(20)
    assert not _passes(limits)
    limits.pass_time(11)
    assert (_passes(limits), limits.calls) == (True, 2)
    limits.pass_time(FEBRUARY - JANUARY)
    assert (_passes(limits), limits.calls) == (True, 1)
