"""Whether somebody else answers where the tests are sent: an older build may have kept the port of the new one.

Said is only what is sure. What passes on requests (a proxy, a container's) may well ask the stack, and a process that
another user runs cannot be looked at: both are let pass, and so is whatever is on another machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.identity import Proc

PORTS = {"http": 80, "https": 443}
LOOPBACK = ("127.0.0.1", "::1")
NAME = 15  # characters of a program's name that Linux tells
PASSES_ON = frozenset(
    name[:NAME]
    for name in (
        *("apache2", "caddy", "cloudflared", "envoy", "haproxy", "httpd", "nginx", "ngrok", "socat", "traefik"),
        *("com.docker.backend", "conmon", "containerd-shim", "docker-proxy", "dockerd", "gvproxy", "limactl", "pasta"),
        *("podman", "rootlessport", "slirp4netns", "vpnkit", "wslrelay"),
        *("autossh", "kubectl", "ssh", "sshd", "systemd", "launchd", "tailscaled"),
    )
)
CURE = "end it if it is left over from an older build, else make it a stage"
Ours = Callable[[int, Mapping[str, str]], bool]


class Place(NamedTuple):
    """Where on this machine an address leads."""

    addresses: tuple[str, ...]
    port: int


def place(url: str) -> Place | None:
    """Where ``ui`` leads, if that is surely this machine; no name is looked up."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", _port(url)
    if host == "localhost" or host.endswith(".localhost"):
        return Place(LOOPBACK, port)
    return Place((host,), port) if host == "::1" or host.startswith("127.") else None


def host_of(stages: Sequence[Stage], url: str) -> Stage | None:
    """The stage that is to blame for who answers there: the one that is ready there, else the last that is served."""
    served = [stage for stage in stages if not stage.one_shot]
    there = [stage for stage in served if stage.ready and _port(stage.ready) == _port(url)]
    return next(iter([*there, *reversed(served)]), None)


def intruder(url: str, roots: Iterable[Proc], ours: Ours, state: Path) -> str:
    """Who answers at the address and is none of ours, with the cure; empty where nobody does, or nobody can tell.

    ``roots``: what serves the stack; none: nothing runs that could serve it. Ours are they, their descendants and
    sessions, and of the rest those of which ``ours`` says so by pid and environment. ``state`` is the real path of the
    project's folder.
    """
    from pytest_syncguard.stack.drivers.process.ports import marked_owner
    from pytest_syncguard.stack.drivers.process.sockets import listeners, none_held_by_others, takers
    from pytest_syncguard.stack.drivers.process.tree import describe, members

    where, roots = place(url), [root for root in roots if root.alive]
    if where is None or not roots or none_held_by_others([root.pid for root in roots], where.addresses, where.port):
        return ""
    everybody = listeners(where.port)
    pids = {taker.pid for address in where.addresses for taker in takers(everybody, address)}
    strangers = pids - {process.pid for process in members(lambda _: False, roots)} - {os.getpid(), None}
    for pid in filter(None, strangers):
        if (environment := _environment(pid)) and not ours(pid, environment):
            owner = marked_owner(state, pid)
            whose = f"syncguard started as {owner}: {owner.cure}" if owner else f"is of no stage: {CURE}"
            return f"{url} (ui of [stack]) is answered by pid {pid} ({describe(pid)}), which {whose}"
    return ""


def _environment(pid: int) -> Mapping[str, str]:
    """Of a process that serves by itself; empty where it passes on, or cannot be looked at."""
    import psutil

    try:
        process = psutil.Process(pid)
        return {} if process.name()[:NAME] in PASSES_ON else process.environ()
    except (psutil.Error, OSError):
        return {}


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or PORTS.get(parts.scheme, 0)
