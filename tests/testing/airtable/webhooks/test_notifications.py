"""Notifications: signed, sent to this machine only, at least once, and again when they fail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyairtable.models.webhook import Webhook, WebhookNotification

from pytest_syncguard.testing.airtable.service import Service
from pytest_syncguard.testing.airtable.webhooks.notifying import DELAYS, SECONDS
from tests.testing.airtable.webhooks.receiver import PATIENCE, Receiver
from tests.testing.airtable.webhooks.watching import PATH, add, spec
from tests.testing.airtable.world import BASE, World, running


@pytest.fixture(autouse=True)
def patience(world: World) -> Iterator[None]:
    """Nobody is waited for as long as in earnest."""
    hurry(world)
    yield
    hurry(world, DELAYS, SECONDS)


def hurry(world: World, delays: tuple[float, ...] = (0.01, 0.02), seconds: float = PATIENCE) -> None:
    def set_both(service: Service) -> None:
        service.webhooks.notifier.delays, service.webhooks.notifier.seconds = delays, seconds

    world.server.call(set_both)


def wait(world: World, hook: Webhook, until: Callable[[Webhook], Any]) -> Webhook:
    """The webhook, once this is true of it."""
    deadline = time.monotonic() + PATIENCE
    while not until(listed := world.api().base(BASE).webhook(hook.id)):
        assert time.monotonic() < deadline, listed
        time.sleep(0.01)
    return listed


def heard(hook: Webhook) -> bool:
    """Whether a notification has arrived."""
    return hook.last_successful_notification_time is not None


def failed(hook: Webhook) -> bool:
    """Whether it was given up to notify."""
    return hook.last_notification_result is not None and hook.last_notification_result.will_be_retried is False


def test_a_notification_tells_which_webhook_has_payloads(world: World, receiver: Receiver) -> None:
    """Its body is the one that Airtable sends, signed by the webhook's secret, as pyairtable checks it."""
    base = world.api().base(BASE)
    made = base.add_webhook(receiver.url, spec())
    receiver.next()
    world.tasks.create({})
    ping = receiver.next()

    assert (ping.path, ping.content_type) == ("/ping?who=me", "application/json")
    assert json.loads(ping.body) == {
        "base": {"id": BASE}, "webhook": {"id": made.id}, "timestamp": "2026-03-01T09:00:00.000Z"
    }  # fmt: skip
    assert WebhookNotification.from_request(ping.body, ping.mac, made.mac_secret_base64).webhook.id == made.id
    secret = base64.b64decode(made.mac_secret_base64)
    assert ping.mac == f"hmac-sha256={hmac.new(secret, ping.body.encode(), hashlib.sha256).hexdigest()}"


def test_a_new_webhook_notifies_soon(world: World, receiver: Receiver) -> None:
    """Airtable says that the address gets a ping shortly after the webhook is made; what came of it is listed."""
    hook = add(world, receiver.url)
    receiver.next()
    listed = wait(world, hook, heard)

    result = listed.last_notification_result
    assert result is not None
    assert (result.success, result.retry_number, result.error) == (True, 0, None)
    assert listed.last_successful_notification_time == world.now
    assert result.completion_timestamp == world.now


def test_the_payload_is_there_when_its_notification_comes(world: World, receiver: Receiver) -> None:
    """Whoever asks at once, asks late enough."""
    hook = add(world, receiver.url)
    receiver.next()
    for number in range(1, 6):
        world.tasks.create({})
        receiver.next()
        assert len(list(hook.payloads())) == number


def test_what_is_not_watched_is_not_notified(world: World, receiver: Receiver) -> None:
    """Nor is what was refused, and what happens while notifications are off."""
    silent = add(world, receiver.url, spec("tableFields"))
    receiver.next()
    wait(world, silent, heard)
    world.tasks.create({})
    world.ask("POST", f"{BASE}/Tasks", json={"fields": {"No": 1}})
    silent.disable_notifications()
    world.tasks.create_field("Due", "singleLineText")
    other = add(world, receiver.url)

    assert json.loads(receiver.next().body)["webhook"]["id"] == other.id
    assert receiver.got() == 0
    silent.enable_notifications()
    assert json.loads(receiver.next().body)["webhook"]["id"] == silent.id


@pytest.mark.parametrize("answer", [500, 302, 201, 404, 0])
def test_a_notification_that_fails_comes_again(world: World, receiver: Receiver, answer: int) -> None:
    """Whatever the receiver answers instead of 200 or 204, or if it does not answer at all."""
    receiver.answers = [answer, answer, 204]
    hook = add(world, receiver.url)
    pings = [receiver.next() for _ in range(3)]
    listed = wait(world, hook, heard)

    assert listed.last_notification_result is not None
    assert listed.last_notification_result.retry_number == 2
    assert {json.loads(ping.body)["webhook"]["id"] for ping in pings} == {hook.id}
    assert listed.are_notifications_enabled


def test_after_the_last_retry_notifications_are_off(world: World, receiver: Receiver) -> None:
    """The result says why; once notifications are on again, what was due is sent."""
    receiver.answers = [500] * 3
    hook = add(world, receiver.url)
    listed = wait(world, hook, failed)

    result = listed.last_notification_result
    assert result is not None
    assert (result.success, result.retry_number) == (False, 2)
    assert result.error is not None
    assert result.error.message == "the receiver answered 500 instead of 200 or 204"
    assert not listed.are_notifications_enabled
    assert receiver.got() == 3
    hook.enable_notifications()
    assert wait(world, hook, heard).are_notifications_enabled


def test_a_receiver_that_is_not_there_is_told(world: World) -> None:
    """The result says why, after all retries."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        hook = add(world, f"http://localhost:{free.getsockname()[1]}/")
        listed = wait(world, hook, failed)

    assert listed.last_notification_result is not None
    assert listed.last_notification_result.error is not None
    assert listed.last_notification_result.error.message == "the receiver refused the connection"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "the receiver did not answer within 0.05 s"),
        (b"", "the receiver closed the connection without an answer"),
        (b"SSH-2.0-hello\r\n", "the receiver did not answer in HTTP"),
        (b"x" * 200_000, "the receiver did not answer in HTTP"),
    ],
)
def test_a_receiver_that_makes_no_sense_is_told(world: World, said: bytes | None, reason: str) -> None:
    """It is not waited for longer than the limit, and read no further than a line."""
    hurry(world, (), 0.05 if said is None else PATIENCE)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hook = add(world, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        connection, _ = listener.accept()
        with connection:
            if said is not None:
                connection.recv(65_536)
                with suppress(OSError):  # whoever has read enough cuts the connection
                    connection.sendall(said)
                    connection.shutdown(socket.SHUT_WR)
            listed = wait(world, hook, failed)

    assert listed.last_notification_result is not None
    assert listed.last_notification_result.error is not None
    assert listed.last_notification_result.error.message == reason


@pytest.mark.parametrize(
    "host",
    [
        *("example.com", "10.0.0.1", "192.0.2.1", "169.254.169.254", "[2001:db8::1]", "0.0.0.0"),
        *("localhost.example.com", "127.1", "2130706433", "127.0.0.1.nip.io", "localhost.", "user:localhost@192.0.2.1"),
    ],
)
def test_nothing_is_sent_to_another_machine(world: World, host: str) -> None:
    """It is told at once why not; the webhook is made and its payloads are there all the same."""
    hurry(world, ())
    hook = add(world, f"http://{host}/ping")
    listed = wait(world, hook, failed)
    world.tasks.create({})

    result = listed.last_notification_result
    assert result is not None
    assert result.error is not None
    assert result.error.message.startswith("not sent: ")
    assert (result.retry_number, listed.are_notifications_enabled) == (0, True)
    assert len(list(hook.payloads())) == 1


def test_an_address_cannot_smuggle_a_request(world: World, receiver: Receiver) -> None:
    """Spaces and line ends in an address do not become part of the request's head."""
    url = receiver.url.replace("/ping", "/ping HTTP/1.1\r\nX-Evil: 1")
    add(world, url)

    assert receiver.next().path == "/ping%20HTTP/1.1X-Evil:%201?who=me"


def test_a_receiver_that_cannot_be_trusted_is_told(world: World, receiver: Receiver) -> None:
    """To an https address nothing is said before the receiver has shown a certificate that counts."""
    hurry(world, ())
    hook = add(world, receiver.url.replace("http:", "https:"))
    listed = wait(world, hook, failed)

    assert listed.last_notification_result is not None
    assert listed.last_notification_result.error is not None
    assert listed.last_notification_result.error.message.startswith("no safe connection to the receiver: ")
    assert receiver.got() == 0


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_localhost_is_this_machine_by_either_address(world: World) -> None:
    """Whoever listens at ::1 only is found, whatever a name server says of localhost."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        hooks = [add(world, f"http://{host}:{listener.getsockname()[1]}/") for host in ("localhost", "[::1]")]
        for _ in hooks:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert all(wait(world, hook, heard) for hook in hooks)


def test_a_deleted_webhook_is_not_notified_again(world: World, receiver: Receiver) -> None:
    """Not even if a retry was due."""
    hurry(world, (0.2,))
    receiver.answers = [500]
    hook = add(world, receiver.url)
    receiver.next()
    hook.delete()
    other = add(world, receiver.url)
    receiver.next()

    wait(world, other, heard)
    time.sleep(0.25)
    assert receiver.got() == 0


def test_a_notification_that_was_due_is_sent_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    """What was recorded and not yet told when the server ended is told when it is back."""
    with running(tmp_path / "data") as world:
        hurry(world, (60.0,))
        world.now = datetime.now(UTC)  # which the next server begins with
        receiver.answers = [500]
        hook = add(world, receiver.url)
        receiver.next()
        wait(world, hook, lambda listed: listed.last_notification_result is not None)
    with running(tmp_path / "data"):
        assert json.loads(receiver.next().body)["webhook"]["id"] == hook.id


def test_a_server_stops_at_once_while_a_receiver_is_waited_for(tmp_path: Path) -> None:
    """A receiver that never answers holds up nobody, and the data is closed well."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with running(tmp_path / "data") as world:
            hook = add(world, f"http://127.0.0.1:{listener.getsockname()[1]}/")
            connection, _ = listener.accept()
            assert world.tasks.create({})["id"]
        connection.close()
    with running(tmp_path / "data") as world:
        assert world.ask("GET", f"{PATH}/{hook.id}/payloads").json()["cursor"] == 2
