"""What runs now, from the record and the system; cheap, for it is asked on every run."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from pytest_syncguard.stack.drivers.base import Observation
from pytest_syncguard.stack.drivers.process.record import Record, Stand, Store
from pytest_syncguard.stack.drivers.said import died

NEVER = "the process driver has not built it yet"
UNFINISHED = "its build was interrupted"


def observe(store: Store, names: Iterable[str]) -> Mapping[str, Observation]:
    """The observation of each stage; what has a ``ready`` is asked, all at the same time."""
    seen = {name: _standing(store, name) for name in names}
    asked = {name: record for name, (found, record) in seen.items() if found.up and record and record.ready}
    answers = _answers(asked)
    return {
        name: Observation(found.build, up=False, reason=answers[name]) if answers.get(name, "") else found
        for name, (found, _) in seen.items()
    }


def _standing(store: Store, name: str) -> tuple[Observation, Record | None]:
    try:
        record = store.load(name)
    except OSError as error:
        reason = f"its state in {store.run} cannot be read ({error.strerror})"
        return Observation("", up=False, reason=reason, unknown=True), None
    return (standing(record) if record else Observation("", up=False, reason=NEVER)), record


def standing(record: Record) -> Observation:
    """What the record and the process table say, ``ready`` left aside."""
    if record.stand is Stand.DONE:
        return Observation(record.build, up=True)
    if record.stand.final:
        ended = record.stand is Stand.ENDED and record.code is not None
        return Observation(record.build, up=False, reason=died(record.reason, record.stage) if ended else record.reason)
    child, keeper = record.child, record.keeper
    keeps = keeper is not None and keeper.alive
    if record.stand is not Stand.SERVING or child is None:
        return Observation(record.build, up=False, reason="it is being built" if keeps else UNFINISHED)
    identity = f"{record.build}/{child.pid}/{child.started}"
    if not child.alive:
        return Observation(identity, up=False, reason=died(f"its process (pid {child.pid}) has ended", record.stage))
    if not keeps:
        return Observation(identity, up=False, reason=f"the keeper of its process (pid {child.pid}) was killed")
    return Observation(identity, up=True)


def _answers(asked: Mapping[str, Record]) -> dict[str, str]:
    """Why each of these does not answer; empty where it does. All are asked at the same time."""
    answers = dict.fromkeys(asked, "it could not be asked")

    def ask(name: str, record: Record) -> None:
        answers[name] = why_not_ready(record, patient=True)

    threads = [threading.Thread(target=ask, args=item) for item in asked.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def why_not_ready(record: Record, *, patient: bool = False) -> str:
    """Ask a served process once whether it is ready; empty when it is. Blocks for about a second at most.

    ``patient``: it was ready before and may be busy: it is given five seconds.
    """
    from pytest_syncguard.stack.drivers.process.ready import Ready, why_not

    try:
        ready = Ready.parse(record.ready)
        return why_not(ready, record.build, record.child, patient=patient) if ready and record.child else ""
    except (OSError, ValueError) as error:  # an odd host name, a system that does not tell
        return f"{record.ready} cannot be asked ({error})"
