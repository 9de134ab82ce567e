"""Stopping what this driver started, whatever the settings say by now."""

from __future__ import annotations

import time
from collections.abc import Collection

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.stack.drivers.process.ladder import Waits, end
from pytest_syncguard.stack.drivers.process.record import Record, Stand, Store, Trace
from pytest_syncguard.stack.drivers.process.tree import SERVE, Mark, marked


def down(store: Store, names: Collection[str], waits: Waits) -> list[str]:
    """Stop these stages (none named: all), the youngest first; one sentence for each that ran."""
    records = store.all()
    strays = {mark.stage for mark in marked(lambda mark: mark.state == str(store.state)).values()}
    known = sorted(records, key=lambda name: records[name].build, reverse=True)
    wanted = [name for name in [*known, *sorted(strays - set(known))] if not names or name in names]
    told = [_stop(store, name, records.get(name), waits) for name in wanted]
    if stuck := [sentence for sentence in told if sentence.startswith("cannot")]:
        raise SyncguardError("; ".join(stuck))
    return [sentence for sentence in told if sentence]


def _stop(store: Store, name: str, record: Record | None, waits: Waits) -> str:
    traces: tuple[Trace, ...] = record.traces() if record else ()
    unfinished = {trace.build for trace in traces if trace.unfinished}
    state = str(store.state)

    def ours(mark: Mark) -> bool:
        """What the stage serves, and builds that are under way; what a finished build left is no service."""
        return (mark.state, mark.stage) == (state, name) and (mark.part == SERVE or mark.build in unfinished)

    began = time.monotonic()
    running = {process.pid for process in marked(ours)}
    running |= {trace.child.pid for trace in traces if trace.child is not None and trace.child.alive}
    descent = end(traces, ours, waits)
    if descent.left:
        pids = ", ".join(str(process.pid) for process in sorted(descent.left))
        return f"cannot stop {name} (pid {pids}): end it yourself"
    if not running:
        return ""
    after = store.all().get(name)
    signal = descent.signal or (after.signal if after else "")
    if after is not None and not after.stand.final:  # there was no keeper left to write it down
        store.update(after._replace(stand=Stand.STOPPED, signal=signal, reason="it was stopped"))
    main = record.child.pid if record and record.child and record.child.pid in running else min(running)
    details = [f"pid {main}", *([signal] if signal else []), f"{time.monotonic() - began:.1f} s"]
    return f"stopped {name} ({', '.join(details)})"
