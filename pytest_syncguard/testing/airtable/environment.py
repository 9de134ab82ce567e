"""Where the requests of clients go that a test did not make: a few variables of the environment decide that.

requests, on which pyairtable is built, takes a proxy for a single host from the variable ``scheme://host_proxy``. So

- uploads, which pyairtable sends to a host of its own whatever its endpoint is, come to the local Airtable;
- a client that was given no ``endpoint_url`` fails at once, instead of reaching the real service: there is no way to
  bring it here, since it speaks TLS with api.airtable.com and with nobody else;
- nothing that is for this machine goes to a proxy of the company.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyairtable

UPLOADS = "http://content.airtable.com"  # where pyairtable sends uploads, whatever its endpoint is
REAL = ("https://api.airtable.com", "https://content.airtable.com")
REFUSAL = "the-fixture-airtable-is-in-use--give-this-client-its-endpoint-url"  # requests tells it as a wrong scheme


def uploads_to(api: pyairtable.Api, url: str) -> pyairtable.Api:
    """The same client, whose uploads go to the local Airtable at this address, too; returns it."""
    api.session.proxies[UPLOADS] = url
    return api


@contextmanager
def kept_local(url: str) -> Iterator[None]:
    """As long as it lasts, clients that go by the environment do not leave this machine on their way to Airtable."""
    wanted = _variables(url)
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _variables(url: str) -> Mapping[str, str]:
    local = url.partition("://")[2].rpartition(":")[0].strip("[]")
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""  # requests looks in this order, too
    closed = {f"{real}_proxy": f"{REFUSAL}://{real.partition('://')[2]}" for real in REAL}
    return {**closed, f"{UPLOADS}_proxy": url, "no_proxy": f"{spared},{local}" if spared else local}
