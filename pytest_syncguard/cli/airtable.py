"""``syncguard airtable``: a local Airtable, and a copy of a base's schema to feed it with."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_syncguard.cli.call import Call, Count, say, shared, show
from pytest_syncguard.errors import SyncguardError

if TYPE_CHECKING:
    from pytest_syncguard.testing.airtable.limits import Limits

TOKEN = "AIRTABLE_TOKEN"  # noqa: S105 - the name of a variable


@click.group("airtable", short_help="A local Airtable: serve one, or clone a base's schema for it.")
def command() -> None:
    """A local Airtable that pyairtable cannot tell from the real one.

    Exit codes: 0 well, 1 an error.
    """


@command.command("serve", short_help="Serve until Ctrl-C; the first line is its url and token.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback (default: any free one).")
@click.option("--host", default="127.0.0.1", show_default=True, help="Anything but loopback is open to others.")
@click.option("--data", type=click.Path(dir_okay=False, path_type=Path), help="Keep all in this SQLite file.")
@click.option("--schema", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Stand up this base.")
@click.option("--token", default="", help="The token to ask for (default: a new one).")
@click.option("--realistic", is_flag=True, help="All limits as the real service has them.")
@click.option("--rate", type=Count(min=1), help="Requests a second for each base.")
@click.option("--penalty", type=click.FloatRange(min=0), help="Seconds without answers for who asks for more.")
@click.option("--quota", type=Count(min=1), help="Requests a month.")
@click.option("--plan", type=click.Choice(["free", "team", "business"]), help="Records and requests of this plan.")
@shared
def serve(
    call: Call,
    port: int,
    host: str,
    data: Path | None,
    schema: Path | None,
    token: str,
    realistic: bool,
    rate: int | None,
    penalty: float | None,
    quota: int | None,
    plan: str | None,
) -> int:
    """Serve a local Airtable until it is told to end by Ctrl-C or SIGTERM.

    The first line of output is its url and its token. Without --data everything is gone with it.
    """
    from pytest_syncguard.testing.airtable.clone import restore
    from pytest_syncguard.testing.airtable.document import read_document
    from pytest_syncguard.testing.airtable.server import AirtableServer

    document = None if schema is None else read_document(schema)
    with AirtableServer(data=data, host=host, port=port, token=token) as server:
        _limit(server.service.limits, realistic, rate, penalty, quota, plan)
        base = None if document is None else server.call(lambda service: restore(service, document)).id
        if call.json:
            show({"url": server.url, "token": server.token, "base": base})
        else:
            say(f"{server.url} {server.token}")
        _wait()
    return 0


def _limit(
    limits: Limits, realistic: bool, rate: int | None, penalty: float | None, quota: int | None, plan: str | None
) -> None:
    """What was named counts, whatever ``realistic`` and ``plan`` say of it."""
    if realistic:
        limits.rate, limits.user_rate = 5, 50
    if realistic or plan:
        limits.use(plan or "team")
    limits.rate = rate or limits.rate
    limits.quota = quota or limits.quota
    if penalty is not None:
        limits.penalty = penalty


def _wait() -> None:
    """Until somebody ends it."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(3600):
        pass


@command.command("clone", short_help="Write the schema of a real base into a file, reading only.")
@click.argument("base")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--records", is_flag=True, help="Its records, too.")
@click.option("--url", default="https://api.airtable.com", show_default=True, help="Where the base is.")
@shared
def clone(call: Call, base: str, file: Path, records: bool, url: str) -> int:
    """Write what --schema of serve takes: the schema of BASE as the metadata API tells it, into FILE.

    The token is taken from the variable AIRTABLE_TOKEN; it needs the scopes schema.bases:read, and data.records:read
    for --records. Nothing is written to the base.
    """
    from pytest_syncguard.testing.airtable.clone import write_clone

    token = os.environ.get(TOKEN)
    if not token:
        raise SyncguardError(f"no token: set {TOKEN} to one that may read the schema of {base}")
    from pyairtable import Api

    document = write_clone(Api(token, endpoint_url=url), base, file, records=records)
    tables = len(document["tables"])
    call.answer({"exit_code": 0, "file": str(file), "tables": tables}, [f"{file}: {tables} tables of {base}"])
    return 0
