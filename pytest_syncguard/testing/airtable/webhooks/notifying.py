"""Whoever is behind a webhook's address is told that there are payloads: at least once, and again if it fails."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_syncguard.testing.airtable.records.writing import instant
from pytest_syncguard.testing.airtable.store.webhooks import Hook
from pytest_syncguard.testing.airtable.webhooks.sending import NeverSent, NotSent, post

if TYPE_CHECKING:
    from pytest_syncguard.testing.airtable.service import Service

DELAYS = tuple(2.0**number for number in range(13))  # seconds: 1, 2, 4, ... until about two hours are over
SECONDS = 10.0
HEARD = (200, 204)


def mac(secret: str, body: bytes) -> str:
    """What the header ``X-Airtable-Content-MAC`` says of a body."""
    return "hmac-sha256=" + hmac.new(base64.b64decode(secret), body, hashlib.sha256).hexdigest()


class Notifier:
    """Sends from the server's own loop, between its requests. ``delays``: seconds before each retry; after the last
    one the webhook's notifications are switched off. ``seconds``: within which a receiver must have answered.

    What is due is kept with the webhook: a server that was killed catches up by `resume`.
    """

    def __init__(self, service: Service, is_active: Callable[[Hook], bool]) -> None:
        self._service, self._is_active = service, is_active
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.delays, self.seconds = DELAYS, SECONDS

    def resume(self) -> None:
        """Whatever was due when the server ended is sent."""
        for hook in self._service.store.webhooks.all():
            self.wake(hook.id)

    def wake(self, webhook: str) -> None:
        """There may be something to tell of this webhook, once the transaction is over; the server's loop runs, or
        else it has to wait for `resume`.
        """
        task = self._tasks.get(webhook)
        if task is None or task.done():
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            self._tasks[webhook] = loop.create_task(self._deliver(webhook))

    async def _deliver(self, webhook: str) -> None:
        attempt = 0
        try:
            while hook := self._due(webhook):
                cursor = hook.cursor
                result, possible = await self._send(hook, attempt)
                delay = self._note(webhook, cursor, result, possible)
                attempt = attempt + 1 if delay is not None else 0
                await asyncio.sleep(delay or 0)
        except sqlite3.ProgrammingError:  # the data was closed meanwhile
            pass
        finally:
            self._tasks.pop(webhook, None)

    def _due(self, webhook: str) -> Hook | None:
        hook = self._service.store.webhooks.get(webhook)
        return hook if hook and hook.is_due and self._is_active(hook) else None

    async def _send(self, hook: Hook, attempt: int) -> tuple[dict[str, Any], bool]:
        """The result, as it is told of the webhook, and whether anything is ever sent to its address."""
        start = time.monotonic()
        error, possible = "", True
        try:
            status = await post(hook.url or "", *self._message(hook), self.seconds)
            error = "" if status in HEARD else f"the receiver answered {status} instead of 200 or 204"
        except NeverSent as reason:
            error, possible = str(reason), False
        except NotSent as reason:
            error = str(reason)
        result: dict[str, Any] = {"success": not error, "completionTimestamp": instant(self._service.now())}
        result |= {"durationMs": round((time.monotonic() - start) * 1000, 3), "retryNumber": attempt}
        if error:
            result |= {"error": {"message": error}, "willBeRetried": possible and attempt < len(self.delays)}
        return result, possible

    def _message(self, hook: Hook) -> tuple[bytes, dict[str, str]]:
        told = {"base": {"id": hook.base}, "webhook": {"id": hook.id}, "timestamp": instant(self._service.now())}
        body = json.dumps(told).encode()
        return body, {"X-Airtable-Content-MAC": mac(hook.secret, body), "Content-Type": "application/json"}

    def _note(self, webhook: str, cursor: int, result: dict[str, Any], possible: bool) -> float | None:
        """Keep what came of it; returns the seconds until it is tried again, None: it is over."""
        hook = self._service.store.webhooks.get(webhook)
        if hook is None:  # it was deleted meanwhile
            return None
        hook.last_result = result
        if result["success"]:
            hook.told, hook.last_success = cursor, result["completionTimestamp"]
        elif not possible:
            hook.told = cursor
        elif not result["willBeRetried"]:
            hook.notifies = False  # once they are on again, it is due as before
        self._service.store.webhooks.save(hook)
        return self.delays[result["retryNumber"]] if result.get("willBeRetried") else None
