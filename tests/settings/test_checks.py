"""Whether the settings fit each other: stages, drivers, folders, the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_syncguard.settings.checks import unused
from pytest_syncguard.settings.load import DRIVERS
from pytest_syncguard.settings.model import Settings

Parse = Callable[..., Settings]
FaultsOf = Callable[..., tuple[str, ...]]


def stages(*tables: str, head: str = "") -> str:
    """A file of stages, each with what it needs for the process driver unless it says otherwise."""
    lines = [head]
    for table in tables:
        lines += ["[[stack.stage]]", table]
        lines += [] if "serve =" in table else ['serve = ["run"]']
        lines += [] if "success =" in table else ['success = ["up"]']
    return "\n".join(lines)


def test_stages_stand_in_the_order_of_their_sync(parse: Parse) -> None:
    """As configured, corrected by needs and after; a contradiction is no fault."""
    text = stages('name = "ui"\nneeds = ["client"]\nafter = ["server"]', 'name = "client"', 'name = "server"')

    assert [stage.name for stage in parse(text).stack.stages] == ["client", "server", "ui"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["stack.stage: found no stage, required at least one [[stack.stage]], or a preset"]),
        (
            stages('name = "server"', 'name = "ui"\nneeds = ["sever"]\nafter = ["z"]'),
            [
                (
                    'stack.stage["ui"].needs[#1]: found "sever", which no stage is called, '
                    'required a stage\'s name; did you mean "server"?'
                ),
                'stack.stage["ui"].after[#1]: found "z", which no stage is called, required a stage\'s name',
            ],
        ),
        (
            stages('name = "a"\nneeds = ["b"]', 'name = "b"\nafter = ["c"]', 'name = "c"\nneeds = ["a"]'),
            ['stack.stage["a"].needs: found the cycle a -> b -> c -> a, required an order without one'],
        ),
        (
            stages('name = "a"\nafter = ["a"]'),
            ['stack.stage["a"].after: found the cycle a -> a, required an order without one'],
        ),
        (
            stages('name = "a"', 'name = "a"'),
            ['stack.stage["a"].name: found "a" a second time, required a name of its own for each stage'],
        ),
        (
            stages('name = "a"\ntimeout = "1s"'),
            ['stack.stage["a"].settle: found 1 s, required less than the timeout, 1 s'],
        ),
        (
            stages('name = "a"', head='[stack]\ndriver = "proces"'),
            [
                'stack.driver: found "proces", required one of tilt, process, command; did you mean "process"?',
            ],
        ),
    ],
)
def test_settings_that_do_not_fit_are_told(faults_of: FaultsOf, text: str, expected: list[str]) -> None:
    """Each line names the key, what was found and what was required."""
    assert [fault.removeprefix("syncguard.toml: ") for fault in faults_of(text)] == expected


@pytest.mark.parametrize(("key", "faults"), [("drivr", 1), ("Driver", 1), ("zebra", 4)])
def test_a_misspelt_driver_is_one_fault(faults_of: FaultsOf, key: str, faults: int) -> None:
    """Nothing is told of what another driver, which nobody chose, would lack; another unknown key explains nothing."""
    found = faults_of(
        f'[stack]\n{key} = "tilt"\n[[stack.stage]]\nname = "a"\n[[stack.stage]]\nname = "b"\nserve = ["b"]'
    )

    assert len(found) == faults
    assert found[0].startswith(f"syncguard.toml: stack.{key}: found an unknown key")
    assert ('did you mean "driver"?' in found[0]) == (key != "zebra")


@pytest.mark.parametrize(
    ("driver", "first", "second", "told"),
    [
        ("tilt", 'ready = "tcp://a:1"', "", {"a": "ready"}),
        ("tilt", 'build = ["x"]', 'serve = ["y"]\nready = "tcp://a:1"', {"a": "build", "b": "serve, ready"}),
        ("tilt", "", "", {}),
        ("tilt", 'build = ["x"]\none_shot = true', 'serve = ["y"]', {}),
        ("command", 'serve = ["x"]', "one_shot = true", {"a": "serve"}),
        ("process", 'serve = ["x"]', 'serve = ["y"]', {}),
    ],
)
def test_keys_that_the_driver_does_not_use_are_told(
    parse: Parse, driver: str, first: str, second: str, told: dict[str, str]
) -> None:
    """With the stage and where that is said instead; a file that `process` could run as it is is meant for both."""
    text = COMMAND.replace('driver = "command"', f'driver = "{driver}"').replace("{templates}", COMPLETE)
    warnings = unused(parse(f"{text}{first}\n{TWO}{second}\n").stack)

    assert [warning.partition(": the ")[0].partition(": [")[0] for warning in warnings] == [
        f'stage "{name}": driver = "{driver}" does not use {keys}' for name, keys in told.items()
    ]


def test_needing_a_stage_with_faults_is_no_second_fault(faults_of: FaultsOf) -> None:
    """A stage that could not be read is still a stage."""
    (fault,) = faults_of(stages('name = "a b"', 'name = "c"\nneeds = ["a b"]'))

    assert 'stack.stage["a b"].name: found "a b", required' in fault


@pytest.mark.parametrize(
    ("driver", "stage", "keys"),
    [
        ("tilt", 'success = ["x"]', []),
        ("tilt", "", ["success"]),
        ("tilt", "one_shot = true", ["success"]),
        ("tilt", 'ready = "tcp://a:1"', ["success"]),
        ("tilt", 'success = ["("]', ["success[#1]"]),
        ("process", 'serve = ["x"]\nsuccess = ["x"]', []),
        ("process", 'serve = ["x"]\nready = "tcp://a:1"', []),
        ("process", 'serve = ["x"]', ["success"]),
        ("process", 'build = ["x"]\nsuccess = ["x"]', ["serve"]),
        ("process", 'build = ["x"]\none_shot = true', []),
        ("process", 'success = ["x"]\none_shot = true', ["build"]),
        ("process", 'build = ["x"]\nserve = ["x"]\none_shot = true', ["serve"]),
        ("process", 'build = ["x"]\nready = "tcp://a:1"\none_shot = true', ["ready"]),
        ("process", "", ["serve", "success"]),
        ("theirs", 'success = ["x"]', []),
        ("theirs", 'ready = "tcp://a:1"', []),
        ("theirs", "", ["success"]),
    ],
)
def test_each_driver_asks_for_its_own(
    parse: Parse, faults_of: FaultsOf, driver: str, stage: str, keys: list[str]
) -> None:
    """Something to do and an explicit sign that it was done; a bad sign is told as bad, not as missing."""
    text = f'[stack]\ndriver = "{driver}"\n[[stack.stage]]\nname = "a"\n{stage}\n'
    drivers = [*DRIVERS, "theirs"]

    if not keys:
        assert parse(text, drivers=drivers).stack.driver == driver
        return
    found = [fault.partition(": found")[0] for fault in faults_of(text, drivers=drivers)]
    assert found == [f'syncguard.toml: stack.stage["a"].{key}' for key in keys]


COMMAND = """
[stack]
driver = "command"
[stack.command]
{templates}
[[stack.stage]]
name = "a"
success = ["x"]
"""
TWO = '[[stack.stage]]\nname = "b"\nsuccess = ["x"]\n'
COMPLETE = 'trigger = ["t", "{resource}"]\nstatus = ["s", "{resource}"]\nup = "up"\nidentity = "id=(.)"\n'
DONE = COMPLETE + 'done = "done"\n'


@pytest.mark.parametrize(
    ("templates", "more", "keys"),
    [
        (COMPLETE, "", []),
        (COMPLETE, TWO, []),
        (COMPLETE.replace('identity = "id=(.)"', ""), "", ["identity"]),
        (COMPLETE.replace('identity = "id=(.)"', ""), "one_shot = true", []),
        ("", "", ["trigger", "status", "up", "identity"]),
        ("", "one_shot = true", ["trigger"]),
        ('trigger = ["make"]', "one_shot = true", []),
        ('trigger = ["make"]', f"one_shot = true\n{TWO}one_shot = true", ["trigger"]),
        (COMPLETE + 'logs = ["l"]', "", ["logs"]),
        (COMPLETE + 'logs = ["l"]\nappends = true', "", ["logs"]),
        (COMPLETE + 'logs = ["l"]\nappends = true', "one_shot = true", ["done"]),
        (COMPLETE + 'logs = ["l", "{epoch}"]', "one_shot = true", ["done"]),
        (DONE + 'logs = ["l"]\nappends = true', "one_shot = true", []),
        (DONE + 'logs = ["l"]\nappends = true', f"one_shot = true\n{TWO}one_shot = true", ["logs"]),
        (DONE.replace('identity = "id=(.)"', ""), "one_shot = true", ["identity"]),
        (DONE.replace("status =", "tail ="), "one_shot = true", ["status", "tail"]),
        (COMPLETE + 'logs = ["l"]\nappends = true\nfollow = true', "", ["logs"]),
        (COMPLETE + 'logs = ["l", "{epoch}"]', "", ["logs"]),
        (DONE + 'logs = ["l", "{epoch}"]', "one_shot = true", []),
        (COMPLETE + 'logs = ["l", "{epoch}"]\nstarted = ["b"]', "", []),
        (COMPLETE + 'logs = ["l", "{identity}"]\ntail = ["l", "{since}"]', "", ["tail"]),
        (COMPLETE + 'logs = ["l", "{identity}"]\ntail = ["l", "{identity}"]', "", []),
        (COMPLETE + 'logs = ["l", "{resource}"]\nfollow = true', TWO, ["logs"]),
        (COMPLETE + 'logs = ["l", "{identity}"]\nfollow = true', TWO, []),
        (COMPLETE + 'tail = ["l", "{resource}"]', "", ["tail"]),
        (COMPLETE + 'tail = ["l", "{resource}", "--since={since}"]', TWO, ["tail"]),
        (COMPLETE + 'down = ["stop-all"]', TWO, []),
        (COMPLETE + 'down = ["stop", "{resourc}"]', "", ["down[#2]"]),
        (COMPLETE.replace('"up"', '".*"'), "", ["up"]),
    ],
)
def test_templates_tell_stages_and_builds_apart(
    parse: Parse, faults_of: FaultsOf, templates: str, more: str, keys: list[str]
) -> None:
    """A command shared by stages names the stage; the log of one that stays up is of what runs now."""
    text = COMMAND.replace("{templates}", templates) + more

    if not keys:
        assert parse(text).stack.driver == "command"
        return
    found = [fault.partition(": found")[0] for fault in faults_of(text)]
    assert found == [f"syncguard.toml: stack.command.{key}" for key in keys]


@pytest.mark.parametrize(
    ("driver", "more", "shared"),
    [
        ("tilt", "", True),
        ("tilt", 'cwd = "b"', True),
        ("command", "", True),
        ("command", 'cwd = "b"', False),
        ("process", "", False),
    ],
)
def test_a_resource_has_one_stage(parse: Parse, faults_of: FaultsOf, driver: str, more: str, shared: bool) -> None:
    """Two stages would take each other's lines for their own; a command in another folder means another thing."""
    text = COMMAND.replace('driver = "command"', f'driver = "{driver}"').replace("{templates}", COMPLETE)
    text += f'serve = ["a"]\n{TWO}resource = "a"\nserve = ["b"]\n{more}'

    if not shared:
        assert len(parse(text).stack.stages) == 2
        return
    found = 'found stages a and b share resource "a", required one stage for each resource'
    assert faults_of(text) == (f'syncguard.toml: stack.stage["b"].resource: {found}',)


def test_a_link_does_not_lead_out_of_the_project(
    parse: Parse, faults_of: FaultsOf, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A working directory is inside the root when links are followed, too; links within it are fine."""
    outside = tmp_path_factory.mktemp("outside")
    (tmp_path / "in").mkdir()
    (tmp_path / "out").symlink_to(outside)
    (tmp_path / "link").symlink_to("in")
    remedy = '[[stack.stage.remedy]]\nmatch = "x"\nrun = ["y"]\ncwd = "out/deeper"'

    assert parse(stages('name = "a"\ncwd = "link"')).stack.stages[0].cwd == "link"
    assert [f.partition(": found")[0] for f in faults_of(stages('name = "a"\ncwd = "out"') + "\n" + remedy)] == [
        'syncguard.toml: stack.stage["a"].cwd',
        'syncguard.toml: stack.stage["a"].remedy[#1].cwd',
    ]


TILT = '[stack]\ndriver = "tilt"\ntilt = {host = "file", port = 1}\n[[stack.stage]]\nname = "a"\nsuccess = ["x"]'


@pytest.mark.parametrize(
    ("environ", "host", "port"),
    [
        ({}, "file", 1),
        ({"TILT_HOST": "env"}, "env", 1),
        ({"TILT_PORT": "10351"}, "file", 10351),
        ({"TILT_HOST": "", "TILT_PORT": ""}, "file", 1),
    ],
)
def test_tilts_own_variables_override_the_file(parse: Parse, environ: dict[str, str], host: str, port: int) -> None:
    """As they do for `tilt` itself; an empty one is not set."""
    tilt = parse(TILT, environ).stack.tilt

    assert (tilt.host, tilt.port) == (host, port)


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1", "1.5", "٣", "9" * 5000])
def test_a_bad_variable_is_named(parse: Parse, faults_of: FaultsOf, port: str) -> None:
    """The fault names the variable; it is none where Tilt has no part."""
    (fault,) = faults_of(TILT, {"TILT_PORT": port})

    assert fault.startswith("environment: TILT_PORT: found ")
    assert fault.endswith("required an integer from 1 to 65535")
    assert parse(stages('name = "a"'), {"TILT_PORT": port}).stack.tilt.port == 10350


def test_a_third_partys_driver_gets_its_own_table(parse: Parse, faults_of: FaultsOf) -> None:
    """Known by its name, judged by nobody else; a table of no driver stays a fault."""
    text = '[stack]\ndriver = "theirs"\n[stack.theirs]\nanything = {goes = [1]}\n[[stack.stage]]\n'
    text += 'name = "a"\nserve = ["a"]\nsuccess = ["x"]\n'
    drivers = [*DRIVERS, "theirs"]

    assert parse(text, drivers=drivers).stack.options == {"anything": {"goes": [1]}}
    assert parse(text.replace('"theirs"', '"process"'), drivers=drivers).stack.options == {}
    assert [fault.partition(", required")[0] for fault in faults_of(text)] == [
        "syncguard.toml: stack.theirs: found an unknown key",
        'syncguard.toml: stack.driver: found "theirs"',
    ]


def test_a_stage_without_a_name_is_checked_all_the_same(faults_of: FaultsOf) -> None:
    """Whoever fills in the blanks of a first file reads all of them at once; each by the stage's number."""
    text = '[[stack.stage]]\nname = ""\nserve = []\n[[stack.stage]]\nserve = ["a"]\nready = "no"\n[[stack.stage]]\n'
    faults = [fault.removeprefix("syncguard.toml: stack.stage") for fault in faults_of(text)]

    assert sorted(fault.partition(": found")[0] for fault in faults) == [
        "[#1].name",
        "[#1].serve",
        "[#1].success",
        "[#2].name",
        "[#2].ready",
        "[#2].success",
        "[#3].name",
        "[#3].serve",
        "[#3].success",
    ]


@pytest.mark.parametrize("driver", ["process", "command"])
@pytest.mark.parametrize("more", ['build = ["a"]', 'serve = ["a"]', ""])
def test_what_depends_on_one_shot_is_not_guessed(faults_of: FaultsOf, driver: str, more: str) -> None:
    """A value that is neither true nor false is the one fault: what the stage lacks is not known."""
    command = "[stack.command]\ntrigger = ['make']\n" if driver == "command" else ""
    success = "success = ['up']" if driver == "command" else ""
    text = f'[stack]\ndriver = "{driver}"\n{command}[[stack.stage]]\nname = "a"\none_shot = "yes"\n{success}\n{more}'

    assert faults_of(text) == ('syncguard.toml: stack.stage["a"].one_shot: found "yes", required true or false',)
