"""What no single value can be asked: whether the settings fit each other."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pytest_syncguard.settings import values
from pytest_syncguard.settings.faults import Faults, Place, did_you_mean, quoted
from pytest_syncguard.settings.model import TILT_PORT, CommandSettings, StackSettings, Stage, TiltSettings
from pytest_syncguard.settings.order import in_order

PROCESS_ONLY = ("build", "serve", "ready")  # keys of a stage
ELSEWHERE = {
    "tilt": "the Tiltfile says how it is built and served, and its readiness_probe when it is up",
    "command": "[stack.command] says how it is built, and how to see that it is up",
}


def check_stack(
    at: Place, stack: StackSettings, names: Collection[str], drivers: Collection[str], *, misnamed: bool = False
) -> None:
    """Note every fault of a stack whose values are each right by themselves.

    ``names`` are the stages' names as written, those of stages that could not be read among them; ``misnamed``:
    the driver stands under a key that is none, so that which one is meant is not known.
    """
    driver = at.key("driver")
    if not driver.faulty:
        driver.read(values.one_of(tuple(drivers)), stack.driver)
    settled = not (driver.faulty or misnamed)
    if not stack.stages:
        at.key("stage").lacks("no stage", "at least one [[stack.stage]], or a preset")
    for number, stage in enumerate(stack.stages):
        here = at.key("stage").item(stage.name or number + 1)
        if stage.name and stage.name in (earlier.name for earlier in stack.stages[:number]):
            here.key("name").wrong(f"{quoted(stage.name)} a second time", "a name of its own for each stage")
        _check_relations(here, stage, names)
        _check_resource(here, stage, stack.stages[:number], stack.driver)
        if stage.settle >= stage.timeout and not here.key("timeout").faulty:
            here.key("settle").wrong(f"{stage.settle:g} s", f"less than the timeout, {stage.timeout:g} s")
        if settled:
            _check_driver(here, stage, stack.driver)
    if stack.driver == "command":
        places = [at.key("stage").item(stage.name or number) for number, stage in enumerate(stack.stages, start=1)]
        pairs = zip(stack.stages, places, strict=True)
        known = [stage for stage, here in pairs if not here.key("one_shot").faulty]
        _check_templates(at.key("command"), stack, known)


def unused(stack: StackSettings) -> list[str]:
    """One warning for each stage with keys that the driver does not look at, such as ``ready`` under Tilt.

    None if the whole stack would run under the process driver as it is written: then it is meant for both.
    """
    if stack.driver not in ELSEWHERE:
        return []
    process = Faults("")
    for stage in stack.stages:
        _check_driver(Place(process).item(stage.name), stage, "process")
    if not process.lines():
        return []
    return [
        f'stage "{stage.name}": driver = "{stack.driver}" does not use {", ".join(keys)}: {ELSEWHERE[stack.driver]}'
        for stage in stack.stages
        if (keys := [key for key in PROCESS_ONLY if getattr(stage, key)])
    ]


def ordered(at: Place, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages as they are synced; a cycle in what they need and come after is a fault."""
    by_name = {stage.name: stage for stage in stages}
    names, cycles = in_order(list(by_name), {stage.name: (*stage.needs, *stage.after) for stage in stages})
    for cycle in cycles:
        relation = "needs" if cycle[1] in by_name[cycle[0]].needs else "after"
        path = " -> ".join(cycle)
        at.item(cycle[0]).key(relation).wrong(f"the cycle {path}", "an order without one")
    return tuple(by_name[name] for name in names)


def check_folders(at: Place, stages: Sequence[Stage], root: Path) -> None:
    """A working directory must not leave the project through a symbolic link either."""
    real_root = os.path.realpath(root)
    for number, stage in enumerate(stages, start=1):
        here = at.item(stage.name or number)
        folders = [(here.key("cwd"), stage.cwd)]
        folders += [(here.key("remedy").item(n).key("cwd"), r.cwd) for n, r in enumerate(stage.remedies, start=1)]
        for place, cwd in folders:
            real = os.path.realpath(root / cwd)
            if os.path.commonpath((real_root, real)) != real_root:
                place.wrong(f"{quoted(cwd)}, a link to {real}", "a folder inside the project")


def with_environment(at: Place, tilt: TiltSettings, environ: Mapping[str, str]) -> TiltSettings:
    """Tilt's own variables, ``TILT_HOST`` and ``TILT_PORT``, over what is configured."""
    if host := environ.get("TILT_HOST"):
        tilt = tilt._replace(host=at.key("TILT_HOST").read(values.host, host) or tilt.host)
    if port := environ.get("TILT_PORT"):
        number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else port
        there = at.key("TILT_PORT").read(values.port, number) or tilt.port
        told = f"TILT_PORT; the settings say {tilt.port}" if there != tilt.port != TILT_PORT else ""
        tilt = tilt._replace(port=there, overridden=told)
    return tilt


def _check_relations(here: Place, stage: Stage, names: Collection[str]) -> None:
    for key, wanted in (("needs", stage.needs), ("after", stage.after)):
        for number, name in enumerate(wanted, start=1):
            if name not in names:
                others = [other for other in names if other != stage.name]
                hint = did_you_mean(name, others)
                here.key(key).item(number).wrong(f"{quoted(name)}, which no stage is called", "a stage's name", hint)


def _check_resource(here: Place, stage: Stage, earlier: Sequence[Stage], driver: str) -> None:
    """Two stages of one resource would take each other's log lines and builds for their own."""
    for other in earlier if driver in ("tilt", "command") else ():
        # One command in two folders or environments may well mean two things: two compose projects, say.
        elsewhere = driver == "command" and (other.cwd, other.env) != (stage.cwd, stage.env)
        if other.resource == stage.resource and other.name != stage.name and not elsewhere:
            found = f"stages {other.name} and {stage.name} share resource {quoted(stage.resource)}"
            here.key("resource").wrong(found, "one stage for each resource")
            return


def _check_driver(here: Place, stage: Stage, driver: str) -> None:
    """Each driver needs something to do and an explicit sign that it was done."""
    if driver == "process" and here.key("one_shot").faulty:
        return  # which of its keys it needs is not known
    if driver == "process":
        _check_process(here, stage)
    if stage.success or (driver == "process" and stage.one_shot):
        return  # the exit code of a one-shot build is a sign that cannot be mistaken
    asks_ready = driver not in ("tilt", "command")
    if not (asks_ready and stage.ready):
        signs = "success or ready" if asks_ready else "success"
        here.key("success").lacks("no sign of success", f"{signs} (no explicit success: failure)")


def _check_process(here: Place, stage: Stage) -> None:
    if not stage.one_shot:
        if not stage.serve:
            here.key("serve").lacks("nothing to run", "serve, or one_shot = true with build")
        return
    if not stage.build:
        here.key("build").lacks("nothing to run", "build, since one_shot is true")
    for key in ("serve", "ready"):
        if getattr(stage, key):
            here.key(key).wrong("it beside one_shot = true", "one of the two: a one-shot stage leaves nothing up")


def _check_templates(at: Place, stack: StackSettings, known: Sequence[Stage]) -> None:
    """The templates that are needed, and what each must fill in to tell stages and builds apart; ``known`` are the
    stages of which it is known whether they are one-shot.
    """
    command = stack.command
    if not command.trigger:
        at.key("trigger").lacks("nothing", 'the command that builds, such as ["make", "{resource}"]')
    serving = next((stage.name for stage in known if not stage.one_shot), "")
    for key in ("status", "up") if serving else ():
        if not getattr(command, key):
            at.key(key).lacks("nothing", f"it to see that {serving} is up, or one_shot = true there")
    if serving and not command.identity:
        cure = f"a pattern such as 'ID=(\\w+)' over what status prints, to tell {serving}'s build from others'"
        at.key("identity").lacks("nothing", f"{cure}, or one_shot = true there")
    if job := next((stage.name for stage in known if stage.one_shot), ""):
        _check_one_shot(at, command, job)
    for key in ("trigger", "logs", "tail", "status", "started"):
        filled = {name for word in getattr(command, key) for name in values.placeholders(word)}
        if not getattr(command, key):
            continue
        if len(stack.stages) > 1 and not filled & {"resource", "identity"}:
            at.key(key).lacks("no {resource}", f"it, since {len(stack.stages)} stages share this command")
        if key in ("logs", "tail"):
            _check_whose_log(at.key(key), command, serving, filled)


def _check_one_shot(at: Place, command: CommandSettings, job: str) -> None:
    """What an older run says after the trigger, and how it ended, must never be taken for this one's."""
    if command.logs and not command.done:
        cure = f"a pattern over what status prints once {job} has run to its end, or no logs and a trigger that prints "
        at.key("done").lacks("nothing", f"{cure}all and waits: an older {job} may still write to that log")
    for key in ("status", "identity") if command.done else ():
        if not getattr(command, key):
            at.key(key).lacks("nothing", f"it beside done, to tell this run of {job} from the one before")


def _check_whose_log(here: Place, command: CommandSettings, serving: str, filled: Collection[str]) -> None:
    """What ran before the trigger goes on speaking while the new one is built, and says the same words."""
    if not serving:
        if values.SINCE_THE_TRIGGER.isdisjoint(filled):
            _check_old_lines(here, command, follows=here.path.endswith(".tail") or command.follow)
        return
    if "identity" in filled or (command.started and not values.SINCE_THE_TRIGGER.isdisjoint(filled)):
        return
    moment = next((f"{{{name}}}" for name in ("since", "epoch") if name in filled), "{since}")
    cure = "{identity}, such as docker logs {identity}, kubectl logs {identity} or journalctl "
    cure += f"_SYSTEMD_INVOCATION_ID={{identity}}; or {moment} beside started, which tells when that began"
    here.lacks(f"nothing that leaves out what an older {serving} still says after the trigger", cure)


def _check_old_lines(here: Place, command: CommandSettings, *, follows: bool) -> None:
    """A log that is printed whole, without a word of since when: which of its lines are this build's?"""
    either = "{since}, {epoch} or {identity}"
    if follows:
        here.lacks("nothing that leaves old lines out", either)
    elif not command.appends:
        cure = f"{either}, or appends = true beside it if nothing ever empties that log"
        here.lacks("nothing that leaves old lines out", cure)
