"""The keeper: builds a stage, replaces what it served, and holds the served process's terminal while it lives.

It is started detached, speaks to nobody and is told things in three ways: the order on its standard input, the
end of that input (whoever asked is gone or wants no more; counts until the stage is served), and SIGTERM (stop
what you hold, then leave). What it has to say stands in the stage's record.
"""

from __future__ import annotations

import os
import select
import shlex
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.process.ladder import Waits, descend, end, served_by
from pytest_syncguard.stack.drivers.process.order import Caller, Order
from pytest_syncguard.stack.drivers.process.record import Record, Stand, Store
from pytest_syncguard.stack.drivers.process.terminal import Child, Log
from pytest_syncguard.stack.drivers.process.tree import (
    BUILD,
    SERVE,
    VARIABLE,
    Mark,
    command_path,
    describe,
    members,
    not_found,
)

ABORT_WAITS = (1.0, 1.0, 5.0)  # seconds: a build that nobody wants any more ends soon
AT_ONCE = 10.0  # seconds: a server that ends well so soon has gone on in the background, or is none


class Superseded(Exception):
    """Another build has taken this one's place: what it says no longer counts."""


class Keeper:
    """Carries out one order."""

    def __init__(self, order: Order, record: Record, caller: Caller) -> None:
        self.order = order
        self.record = record
        self.caller = caller
        self.store = Store(Path(order.state))
        self.log = Log(record.log)
        self.child: Child | None = None
        self.part = BUILD
        self.told = False
        self._bell = self._ring_on_signals()

    def run(self) -> None:
        """The whole life of a keeper. Whatever happens, it leaves nothing running that it does not hold."""
        try:
            self._note(Stand.QUEUED, keeper=Proc.of(os.getpid()))
            self._end_unfinished()
            if self._build() and self._replace():
                self._serve()
        except Superseded:
            pass
        finally:
            if self.child is not None and self.child.code is None:
                self._stop_child(self.order.waits)

    def _note(self, stand: Stand, **changes: Any) -> None:
        """Write down where we are; output that was there before is in the log by then."""
        self.record = self.record._replace(stand=stand, log_size=self.log.size, **changes)
        if not self.store.update(self.record):
            raise Superseded

    def _end_unfinished(self) -> None:
        """No earlier build may go on: it would write its artefacts over ours."""
        unfinished = [trace for trace in self.record.earlier if trace.unfinished]
        builds = {trace.build for trace in unfinished}
        if builds:
            end(unfinished, lambda mark: mark.build in builds, ABORT_WAITS, patience=sum(self.order.waits))
            rest = tuple(trace for trace in self.record.earlier if not trace.unfinished)
            self._note(Stand.QUEUED, earlier=rest)

    def _build(self) -> bool:
        """Run the build to its end; whether it passed and something is to be served."""
        if self.order.build and not self._build_passes(self.order.build):
            return False
        if self._aborts():
            return False
        if not self.order.serve:
            self._note(Stand.DONE, code=0, child=None)
            return False
        return True

    def _build_passes(self, argv: list[str]) -> bool:
        if self._aborts():
            return False
        child = self._start(BUILD, argv)
        if child is None:
            return False
        self._note(Stand.BUILDING, child=child.proc, argv=tuple(argv))
        while (code := child.code) is None and not self._unwanted and not self.log.fault:
            self._wait(child)
        name = self._stop_child(ABORT_WAITS) if code is None else ""
        child.drain(self.log)
        if self.log.fault:
            self._note(Stand.FAILED, code=child.code, reason=self.log.fault, fault=self.log.fault)
        elif code is None:
            self._note(Stand.ABORTED, code=child.code, signal=name, reason="the build was stopped")
        elif code != 0:
            self._note(Stand.FAILED, code=code, reason=f"build {ending(code)}: {shown(argv)}")
        child.close()
        return code == 0 and not self.log.fault

    def _replace(self) -> bool:
        """Stop whatever this stage served before; whether the new process may start."""
        self._note(Stand.REPLACING, child=None, reason="stopping the old process")
        served = [trace for trace in self.record.earlier if trace.served]
        before = served_by(self.order.state, self.order.stage, but=self.order.build_id)
        left = end(served, before, self.order.waits).left
        if left:
            pid = min(process.pid for process in left)
            who = f"the old process (pid {pid}: {describe(pid)})"
            self._note(Stand.ENDED, reason=f"{who} cannot be stopped: end it yourself")
            return False
        self.record = self.record._replace(earlier=())
        return not self._aborts() and not self._port_is_taken()

    def _port_is_taken(self) -> bool:
        if not self.record.ready:
            return False
        from pytest_syncguard.stack.drivers.process.ports import why_taken

        reason = why_taken(self.store, self.order.stage, self.record.ready)
        if reason:
            self._note(Stand.ENDED, reason=reason)
        return bool(reason)

    def _serve(self) -> None:
        argv = self.order.serve
        child = self._start(SERVE, argv)
        if child is None:
            return
        began = time.monotonic()
        self._note(Stand.SERVING, child=child.proc, argv=tuple(argv), reason="")
        while (code := child.code) is None and not self.told:
            self._wait(child)
            if self.log.fault and not self.record.fault:
                self._tell_fault()
        name = self._stop_child(self.order.waits) if code is None else ""
        child.drain(self.log)
        if code is None:
            self._note(Stand.STOPPED, code=child.code, signal=name, reason="it was stopped")
        else:
            early = code == 0 and time.monotonic() - began < AT_ONCE
            cure = ": let serve stay in the foreground, or set one_shot = true" if early else ""
            self._note(Stand.ENDED, code=code, reason=f"the served process {ending(code)}: {shown(argv)}{cure}")

    def _start(self, part: str, argv: list[str]) -> Child | None:
        """Start a command of this stage; None when it cannot be run, which is then noted."""
        cwd = Path(self.order.cwd)
        mark = Mark(self.order.state, self.order.stage, self.order.build_id, part)
        env = {**self.order.env, VARIABLE: mark.text()}
        stand = Stand.FAILED if part == BUILD else Stand.ENDED
        cure = f'install it or change {part} of stage "{self.order.stage}"'
        program = command_path(tuple(argv), cwd, env)
        if program is None:
            said, cure = not_found(argv, cwd, part, cure)
            self._note(stand, reason=f"{part} command {said}: {argv[0]} ({cure})")
            return None
        try:
            self.child, self.part = Child(program, argv, cwd, env, asks=part == SERVE), part
        except OSError as error:
            said = str(error.strerror or error).strip()
            self._note(stand, reason=f"{part} command cannot be run: {argv[0]}: {said} ({cure})")
            return None
        return self.child

    def _stop_child(self, waits: Waits) -> str:
        """Climb down the ladder with all that the child has started; the name of the last signal."""
        child, build, part = self.child, self.order.build_id, self.part
        if child is None:
            return ""
        root = child.proc

        def family() -> set[Proc]:
            return members(lambda mark: (mark.build, mark.part) == (build, part), [root])

        return descend(family, waits, pause=lambda seconds: self._pause(child, seconds)).signal

    def _pause(self, child: Child, seconds: float) -> None:
        """Copy output for so long, or until a process has ended."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._wait(child, left):
                break

    def _wait(self, child: Child, seconds: float | None = None) -> bool:
        """Sleep until there is output, a signal, or the caller goes; copy the output. True: a signal came."""
        places = [self._bell.fileno(), *self.caller.places]
        places += [child.handle] if child.handle is not None else []
        ready = select.select(places, [], [], seconds)[0]
        if child.handle in ready:
            child.copy(self.log)
        if rang := self._bell.fileno() in ready:
            self._bell.recv(1024)
        self.caller.notice()
        return rang

    def _ring_on_signals(self) -> socket.socket:
        """A socket that becomes readable when a child has ended or we are told to stop."""
        bell, hammer = socket.socketpair()
        bell.setblocking(False)
        hammer.setblocking(False)
        self._hammer = hammer
        signal.set_wakeup_fd(hammer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        return bell

    def _on_stop(self, *_: object) -> None:
        self.told = True

    @property
    def _unwanted(self) -> bool:
        self.caller.notice()
        return self.told or self.caller.gone

    def _aborts(self) -> bool:
        """Whether nobody wants this build any more, which is then noted."""
        if self._unwanted:
            self._note(Stand.ABORTED, child=None, reason="it was stopped before it was served")
        return self._unwanted

    def _tell_fault(self) -> None:
        """Output was lost: whoever still watches must not call this build good."""
        try:
            self._note(Stand.SERVING, fault=self.log.fault)
        except OSError:  # the record's disk is full too; what it says is still true
            self.record = self.record._replace(fault=self.log.fault)
        self.caller.leave()


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"exited with code {code}"
    names = {number.value: number.name for number in signal.Signals}
    return f"was ended by {names.get(-code, f'signal {-code}')}"


def shown(argv: list[str]) -> str:
    """A command for people, at most 200 characters."""
    text = shlex.join(argv)
    return text if len(text) <= 200 else text[:199] + "…"


def main() -> None:
    """Read the order from standard input and carry it out; complaints go to standard error."""
    with socket.socket(fileno=os.dup(0)) as channel:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.close(nothing)
        try:
            order = Order.read(channel)
            record = Store(Path(order.state)).load(order.stage)
            if record is not None and record.build == order.build_id:
                Keeper(order, record, Caller(channel, order.caller)).run()
        except EOFError:
            pass
        except OSError as error:
            sys.exit(f"the keeper of a stage gave up: {error}")
