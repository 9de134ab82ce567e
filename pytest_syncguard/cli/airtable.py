"""``syncguard airtable``: a local Airtable, and a copy of a base's schema to feed it with."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_syncguard.cli.call import Call, Count, say, shared, show
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.report.escape import plain
from pytest_syncguard.settings.faults import quoted

if TYPE_CHECKING:
    from pytest_syncguard.testing.airtable.limits import Limits
    from pytest_syncguard.testing.airtable.schema import Base
    from pytest_syncguard.testing.airtable.server import AirtableServer

TOKEN = "AIRTABLE_TOKEN"  # noqa: S105 - the name of a variable
SECRET = re.compile(r"(?i)\b(api_?key|token)=[^& ]*")  # as clients sent it once, in the URL


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
@click.option("--token", help="The token to ask for (default: a new one).")
@click.option("--realistic", is_flag=True, help="All limits as the real service has them.")
@click.option("--rate", type=Count(min=1), help="Requests a second for each base.")
@click.option("--penalty", type=click.FloatRange(min=0), help="Seconds without answers for who asks for more.")
@click.option("--quota", type=Count(min=1), help="Requests a month.")
@click.option("--plan", type=click.Choice(["free", "team", "business"]), help="Records and requests of this plan.")
@click.option("--listed", is_flag=True, help="Refuse for limits in the other form that was seen.")
@click.option("--log", is_flag=True, help="Tell each request on stderr.")
@shared
def serve(
    call: Call,
    port: int,
    host: str,
    data: Path | None,
    schema: Path | None,
    token: str | None,
    log: bool,
    **limits: Any,
) -> int:
    """Serve a local Airtable until it is told to end by Ctrl-C or SIGTERM.

    The first line of output is its url and its token; with --schema the second one is the id of the base. Without
    --data everything is gone with it.
    """
    from pytest_syncguard.testing.airtable.server import AirtableServer

    if token == "":
        raise SyncguardError("--token: found nothing, required a token; leave the option out for a new one")
    try:
        server = AirtableServer(data=data, host=host, port=port, token=token or "")
    except ValueError as error:
        raise SyncguardError(f"--token: {error}") from None
    with server:
        _limit(server.service.limits, **limits)
        if log:
            server.service.traffic.told = _log
        base = None if schema is None else _stand_up(server, schema).id
        ended = _ended()  # before anybody knows that we are here, and may end us
        if call.json:
            show({"url": server.url, "token": server.token, "base": base})
        else:
            for line in (f"{server.url} {server.token}", *([base] if base else [])):
                say(line)
        while not ended.wait(3600):
            pass
    return 0


def _stand_up(server: AirtableServer, schema: Path) -> Base:
    """The base in that file; what of it does less than in Airtable is told. Raises `SyncguardError` with the file."""
    from pytest_syncguard.testing.airtable.clone import restore
    from pytest_syncguard.testing.airtable.document import read_document
    from pytest_syncguard.testing.airtable.shaping.faults import SchemaError
    from pytest_syncguard.testing.airtable.shaping.references import warnings

    document = read_document(schema)
    try:
        base = server.call(lambda service: restore(service, document))
    except SchemaError as error:
        raise SyncguardError("\n".join(f"{schema}: {line}" for line in str(error).splitlines())) from None
    _tell(f"warning: {schema}: {line}" for line in warnings(base))
    return base


def _log(request: object) -> None:
    """One line, in which no token is; headers are not told at all."""
    _tell([SECRET.sub(r"\1=...", str(request))])


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"syncguard: {plain(line)}", file=sys.stderr, flush=True)


def _limit(
    limits: Limits,
    *,
    realistic: bool,
    rate: int | None,
    penalty: float | None,
    quota: int | None,
    plan: str | None,
    listed: bool,
) -> None:
    """What was named counts, whatever ``realistic`` and ``plan`` say of it."""
    if realistic:
        limits.rate, limits.user_rate = 5, 50
    if realistic or plan:
        limits.use(plan or "team")
    limits.rate = rate or limits.rate
    limits.quota = quota or limits.quota
    limits.listed = listed
    if penalty is not None:
        limits.penalty = penalty


def _ended() -> threading.Event:
    """What is set once somebody ends us."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


@command.command("clone", short_help="Write the schema of a real base into a file, reading only.")
@click.argument("base")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--records", is_flag=True, help="Its records, too.")
@click.option("--url", default="https://api.airtable.com", show_default=True, help="Where the base is.")
@click.option("--force", is_flag=True, help="Write anew where FILE is there.")
@shared
def clone(call: Call, base: str, file: Path, records: bool, url: str, force: bool) -> int:
    """Write what --schema of serve takes: the schema of BASE as the metadata API tells it, into FILE.

    The token is taken from the variable AIRTABLE_TOKEN; it needs the scopes schema.bases:read, and data.records:read
    for --records. Nothing is written to the base.
    """
    from pytest_syncguard.testing.airtable.clone import write_clone

    _check_url(url)
    if file.exists() and not force:
        raise SyncguardError(f"{file} is there: --force writes it anew")
    token = os.environ.get(TOKEN)
    if not token:
        raise SyncguardError(f"no token: set {TOKEN} to one that may read the schema of {base}")
    from pyairtable import Api

    document = write_clone(Api(token, endpoint_url=url), base, file, records=records)
    tables = len(document["tables"])
    told = f"{file}: {tables} table{'' if tables == 1 else 's'} of {base}"
    call.answer({"exit_code": 0, "file": str(file), "tables": tables}, [told])
    return 0


def _check_url(url: str) -> None:
    """Raises `SyncguardError` for what pyairtable would make a wrong address of."""
    if not url.startswith(("http://", "https://")):
        raise SyncguardError(f"--url: found {quoted(url)}, required an address: write http://{url}")
    if (bare := url.rstrip("/")).endswith("/v0"):
        raise SyncguardError(f"--url: found {quoted(url)}, required an address without /v0: write {bare[:-3]}")
