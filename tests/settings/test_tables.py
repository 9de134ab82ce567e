"""Which key belongs where, of which type; and that all faults come at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_syncguard.settings.model import (
    CommandSettings,
    ProcessSettings,
    Remedy,
    Settings,
    Stage,
    StopLadder,
    TiltSettings,
)

Parse = Callable[..., Settings]
FaultsOf = Callable[..., tuple[str, ...]]

STAGE = '[[stack.stage]]\nname = "a"\nserve = ["a"]\nsuccess = ["x"]\n'


def test_every_key_reaches_the_model(parse: Parse) -> None:
    """The whole of a file, key by key, with durations in seconds and arrays as tuples."""
    settings = parse(
        """
        plugins = ["my_project.guards"]
        [stack]
        driver = "process"
        ui = "http://localhost:5173"
        [stack.tilt]
        host = "tilt.local"
        port = 10351
        up = true
        [stack.process]
        stop = {sigint = "1s", sigterm = 2, sigkill = "3s"}
        [stack.command]
        trigger = ["make", "{resource}"]
        logs = ["logs", "{since}"]
        follow = true
        tail = ["logs", "{epoch}", "{tail}"]
        status = ["status"]
        up = "running"
        done = "exited"
        failed = "dead"
        unknown = "no such"
        identity = '"ID": "(.+)"'
        down = ["stop"]
        poll = "500ms"
        [[stack.stage]]
        name = "client"
        build = ["make"]
        one_shot = true
        [[stack.stage]]
        name = "server"
        resource = "api:server"
        needs = ["client"]
        after = ["client"]
        sources = ["src/**", "!src/doc/**"]
        writes = ["src/package-lock.json"]
        outputs = ["src/dist/**"]
        success = ["listening"]
        errors = ["GIVING UP"]
        ignore = ["deprecated"]
        patterns = "strict"
        timeout = "1m30s"
        settle = 0
        build = ["make"]
        serve = ["./server"]
        ready = "tcp://localhost:1"
        cwd = "./srv"
        env = {A = "1", B = ""}
        [[stack.stage.remedy]]
        match = "TS2688"
        run = ["npm", "install"]
        cwd = "client"
        wait = "10s"
        """
    )
    stack = settings.stack

    assert (settings.plugins, stack.driver, stack.ui) == (
        ("my_project.guards",),
        "process",
        "http://localhost:5173",
    )
    assert stack.tilt == TiltSettings("tilt.local", 10351, up=True)
    assert stack.process == ProcessSettings(StopLadder(1, 2, 3))
    assert stack.command == CommandSettings(
        trigger=("make", "{resource}"),
        logs=("logs", "{since}"),
        follow=True,
        tail=("logs", "{epoch}", "{tail}"),
        status=("status",),
        up="running",
        done="exited",
        failed="dead",
        unknown="no such",
        identity='"ID": "(.+)"',
        down=("stop",),
        poll=0.5,
    )
    assert stack.stages == (
        Stage("client", "client", build=("make",), one_shot=True),
        Stage(
            name="server",
            resource="api:server",
            needs=("client",),
            after=("client",),
            sources=("src/**", "!src/doc/**"),
            writes=("src/package-lock.json",),
            outputs=("src/dist/**",),
            success=("listening",),
            errors=("GIVING UP",),
            ignore=("deprecated",),
            patterns="strict",
            timeout=90,
            settle=0,
            remedies=(Remedy("TS2688", ("npm", "install"), "client", 10),),
            build=("make",),
            serve=("./server",),
            ready="tcp://localhost:1",
            cwd="srv",
            env=(("A", "1"), ("B", "")),
        ),
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("driver = 'tilt'", "driver: found a key of another table, required it in [stack]"),
        (
            "[stack]\nsources = []",
            "stack.sources: found a key of another table, required it in [[stack.stage]]",
        ),
        (
            "[stack]\nup = true",
            "stack.up: found a key of another table, required it in [stack.tilt] or [stack.command]",
        ),
        (
            "[stack]\ndrivr = 1",
            'stack.drivr: found an unknown key, required a key of [stack]; did you mean "driver"?',
        ),
        (
            "[stack]\nstages = []",
            'stack.stages: found an unknown key, required a key of [stack]; did you mean "stage"?',
        ),
        (
            "[stack.process]\nsigkil = 1",
            (
                "stack.process.sigkil: found an unknown key, required one of stop; "
                'did you mean "sigkill" in [stack.process.stop]?'
            ),
        ),
        (
            "[stack.process.stop]\nSIGINT = 1",
            (
                "stack.process.stop.SIGINT: found an unknown key, required a key of [stack.process.stop]; "
                'did you mean "sigint"?'
            ),
        ),
        (
            "qqq = 1",
            "qqq: found an unknown key, required one of preset, plugins, stack, registry",
        ),
        (
            "[[stage]]\nname = 'a'",
            "stage: found a key of another table, required it in [stack]; write [[stack.stage]]",
        ),
        (
            "[stack.srv]\nbuild = ['make']",
            'stack.srv: found an unknown table, required a table of [stack]; write [[stack.stage]] with name = "srv"',
        ),
        (
            "[stack.server]\nhost = 'a'",
            'stack.server: found an unknown key, required a key of [stack]; did you mean "driver"?',
        ),
        ('"a b" = 1', '"a b": found an unknown key, required one of preset, plugins, stack, registry'),
        (
            STAGE + "[[stack.stage.remedy]]\nmatch = 'x'\nrun = ['y']\ntimeout = 3",
            'stack.stage["a"].remedy[#1].timeout: found a key of another table, required it in [[stack.stage]]',
        ),
    ],
)
def test_an_unknown_key_gets_its_table_or_the_nearest_name(faults_of: FaultsOf, text: str, fault: str) -> None:
    """A key of another table is sent there; any other gets the nearest right name."""
    assert f"syncguard.toml: {fault}" in faults_of(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("stack = 3", "stack: found 3, required a table, [stack]"),
        ("[stack]\ntilt = true", "stack.tilt: found true, required a table, [stack.tilt]"),
        (
            "[stack.stage]\nname = 'a'",
            "stack.stage: found one table, required an array of tables: write [[stack.stage]]",
        ),
        ("[stack]\nstage = 'a'", 'stack.stage: found "a", required an array of tables, [[stack.stage]]'),
        (
            STAGE + "remedy = {match = 'x', run = ['y']}",
            ('stack.stage["a"].remedy: found one table, required an array of tables: write [[stack.stage.remedy]]'),
        ),
        (
            STAGE + "[[stack.stage.remedy]]\nmatch = 'x'",
            'stack.stage["a"].remedy[#1].run: found nothing, required this key in every [[stack.stage.remedy]]',
        ),
        (
            "[[stack.stage]]\nserve = ['x']\nsuccess = ['y']",
            "stack.stage[#1].name: found nothing, required this key in every [[stack.stage]]",
        ),
        ("[stack]\nstage = [3]", "stack.stage[#1]: found 3, required a table, [[stack.stage]]"),
        ("preset = 3", 'preset: found 3, required a string; did you mean "3"?'),
        (STAGE + "one_shot = 1", 'stack.stage["a"].one_shot: found 1, required true or false'),
        (STAGE + "cwd = 1979-05-27", 'stack.stage["a"].cwd: found a date or time, required a string'),
        (
            STAGE + "ignore = 'x'",
            'stack.stage["a"].ignore: found "x", required an array; did you mean ["x"]?',
        ),
        (
            STAGE + "patterns = 'Strict'",
            'stack.stage["a"].patterns: found "Strict", required one of default, strict; did you mean "strict"?',
        ),
        (
            "plugins = ['my-plugin']",
            'plugins[#1]: found "my-plugin", required the dotted name of a Python module',
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_told_once(faults_of: FaultsOf, text: str, fault: str) -> None:
    """The line names the value; what would only follow from it is not told beside it."""
    (found,) = faults_of(text) if "stage" in text else [f for f in faults_of(text) if ": stack.stage:" not in f]

    assert found.startswith(f"syncguard.toml: {fault}")


def test_all_faults_come_at_once(faults_of: FaultsOf) -> None:
    """Nobody mends a file one message at a time."""
    found = faults_of(
        """
        preset = "citadl"
        [stack]
        drivr = "tilt"
        driver = "tlit"
        [stack.tilt]
        port = 99999
        [[stack.stage]]
        name = "a"
        needs = ["b", "sever"]
        success = ['a(b', 'ok', '']
        timeout = "-5m"
        sources = ["/etc/**"]
        [[stack.stage]]
        name = "b"
        needs = ["a"]
        [[stack.stage]]
        name = "server"
        [[stack.stage]]
        name = "server"
        """
    )

    assert [fault.removeprefix("syncguard.toml: ").partition(": found")[0] for fault in found] == [
        "preset",
        "stack.drivr",
        "stack.tilt.port",
        'stack.stage["a"].success[#1]',
        'stack.stage["a"].success[#3]',
        'stack.stage["a"].timeout',
        'stack.stage["a"].sources[#1]',
        "stack.driver",
        'stack.stage["a"].needs[#2]',
        'stack.stage["server"].name',
        'stack.stage["a"].needs',
    ]


def test_an_empty_text_or_array_means_not_set(parse: Parse) -> None:
    """Defaults may be written out, also to take back what a preset sets."""
    settings = parse('preset = ""\n[stack]\nui = ""\n' + STAGE + 'ready = ""\nbuild = []\nremedy = []\nenv = {}')

    assert (settings.preset, settings.stack.ui) == ("", "")
    assert settings.stack.stages == (Stage("a", "a", success=("x",), serve=("a",)),)
