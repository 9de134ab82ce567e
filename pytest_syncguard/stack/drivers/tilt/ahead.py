"""Tilt's state, asked for before there is a driver: Tilt answers while the rest of us is imported.

Whoever knows the settings, and that a plan comes at once, calls `begin`; the next driver of the same Tilt takes the
answer over, if it is not too old by then.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.tilt.client import Tilt
from pytest_syncguard.stack.promise import Promise

_begun: dict[TiltSettings, Ahead] = {}


class Ahead:
    """A question that is on its way, and the client that asks it."""

    def __init__(self, settings: TiltSettings) -> None:
        self.client = Tilt(settings)
        self.answer = Promise(self.client.state)


def begin(settings: TiltSettings) -> Callable[[], None]:
    """Ask; what is returned ends the question, whoever has taken it over."""
    _begun[settings] = ahead = Ahead(settings)

    def end() -> None:
        if _begun.get(settings) is ahead:
            del _begun[settings]
        ahead.client.abandon()

    return end


def take_over(settings: TiltSettings) -> Ahead | None:
    """What was begun for this Tilt; from now on it is the caller's."""
    return _begun.pop(settings, None)
