"""Presets: a project's own settings over those that ship with the package."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pytest_syncguard.settings.model import Remedy, Settings
from pytest_syncguard.settings.presets import load_preset, overridden, preset_names
from pytest_syncguard.stack.fingerprint.sources import Selection

Parse = Callable[..., Settings]
FaultsOf = Callable[..., tuple[str, ...]]

KERNEL = "Running `target/debug/citadel-workspace-server-kernel --config /usr/src/app/kernel.toml`"
SERVICE = "Running `target/debug/citadel-workspace-internal-service --bind '0.0.0.0:12345'`"


def test_own_settings_go_over_the_preset_key_by_key() -> None:
    """Tables are merged, stages by name, arrays and values are replaced, new stages come last."""
    preset = {
        "stack": {
            "ui": "http://a",
            "tilt": {"port": 1, "up": False},
            "stage": [{"name": "a", "sources": ["a"], "timeout": 1}, {"name": "b"}],
        }
    }
    own = {
        "preset": "p",
        "stack": {
            "tilt": {"up": True},
            "stage": [{"name": "new"}, {"name": "a", "sources": ["x", "y"], "settle": 2}],
        },
    }

    assert overridden(preset, own) == {
        "preset": "p",
        "stack": {
            "ui": "http://a",
            "tilt": {"port": 1, "up": True},
            "stage": [
                {"name": "a", "sources": ["x", "y"], "timeout": 1, "settle": 2},
                {"name": "b"},
                {"name": "new"},
            ],
        },
    }
    assert preset["stack"]["ui"] == "http://a"


def test_a_preset_forgives_no_fault_of_the_project(faults_of: FaultsOf) -> None:
    """Stages named twice and values of the wrong type stay faults when they lie over a preset."""
    twice = '[[stack.stage]]\nname = "server"\n'

    assert faults_of(f'preset = "citadel"\n{twice}{twice}timeout = true\n[stack.tilt]\nport = "1"') == (
        (
            'syncguard.toml: stack.stage["server"].timeout: found true, required a duration from 0 to "24h": '
            'seconds, or such as "5m", "1m30s", "250ms"'
        ),
        'syncguard.toml: stack.tilt.port: found "1", required an integer from 1 to 65535',
        (
            'syncguard.toml: stack.stage["server"].name: found "server" a second time, '
            "required a name of its own for each stage"
        ),
        (
            'syncguard.toml: stack.stage["server"].success: found no sign of success, '
            "required success (no explicit success: failure)"
        ),
    )


@pytest.mark.parametrize("stack", ["stack = 3", "[stack]\nstage = 3", "[stack.stage]\nname = 'x'"])
def test_a_preset_does_not_cover_what_is_no_table(faults_of: FaultsOf, stack: str) -> None:
    (fault,) = faults_of(f'preset = "citadel"\n{stack}')

    assert re.search(r"^syncguard\.toml: stack(\.stage)?: found (3|one table), required", fault)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_sound(parse: Parse, name: str) -> None:
    """With one stage of the project's own beside its own, each preset is valid as it ships."""
    settings = parse(f'preset = "{name}"\n[[stack.stage]]\nname = "own"\nserve = ["x"]\nsuccess = ["x"]')

    assert settings.preset == name
    assert settings.stack.driver == load_preset(name)["stack"]["driver"]  # type: ignore[index]
    assert settings.stack.stages[-1].name == "own"


def test_a_wrong_preset_gets_the_nearest_name(faults_of: FaultsOf) -> None:
    assert faults_of('preset = "citadell"')[0].endswith('did you mean "citadel"?')


def test_citadel_is_the_procedure(parse: Parse) -> None:
    """Order, limits, signs and the remedy are those of the written procedure."""
    stack = parse('preset = "citadel"').stack
    client, server, service, ui = stack.stages

    assert (stack.driver, stack.ui) == ("tilt", "http://localhost:5173")
    assert [stage.name for stage in stack.stages] == ["sync-wasm-client", "server", "internal-service", "ui"]
    assert [stage.resource for stage in stack.stages] == [stage.name for stage in stack.stages]
    assert [stage.timeout for stage in stack.stages] == [300] * 4
    assert [stage.one_shot for stage in stack.stages] == [True, False, False, False]
    assert [stage.patterns for stage in stack.stages] == ["default"] * 4
    assert client.remedies == (
        Remedy(
            match="TS2688|Cannot find type definition file for 'node'",
            run=("npm", "install"),
            cwd="citadel-internal-service/typescript-client",
            wait=10,
        ),
    )
    assert (server.remedies, service.remedies, ui.remedies) == ((), (), ())


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("sync-wasm-client", "    Finished `release` profile [optimized] target(s) in 12.34s"),
        ("sync-wasm-client", "Build succeeded"),
        ("sync-wasm-client", "sync-wasm-clients completed successfully"),
        ("server", f"     {KERNEL}"),
        ("internal-service", f"     {SERVICE}"),
        ("ui", "  VITE v5.4.1  ready in 312 ms"),
        ("ui", "  ➜  Local:   http://localhost:5173/"),
        ("ui", "10:11:12 AM [vite] hmr update /src/App.tsx"),
        ("ui", "10:11:12 AM [vite] (client) hmr update /src/App.tsx, /src/index.css"),
    ],
)
def test_citadel_knows_success(parse: Parse, stage: str, line: str) -> None:
    """Each sign of the procedure, in a line as the tool writes it."""
    assert matching(parse, stage, "success", line)


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("server", SERVICE),
        ("server", KERNEL.replace("kernel.toml", "kernelxtoml")),
        ("server", "     Running `target/debug/citadel-workspace-server-kernel`"),
        ("internal-service", KERNEL),
        ("ui", "Port 5173 is already in use, trying another one..."),
        ("ui", "  ➜  Local:   none"),
        ("ui", "10:11:12 AM [vite] Internal server error: Failed to resolve import"),
    ],
)
def test_citadel_takes_nothing_else_for_success(parse: Parse, stage: str, line: str) -> None:
    """Another stage's sign, or words that only look like one, are none."""
    assert not matching(parse, stage, "success", line)


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("sync-wasm-client", "error[E0432]: unresolved import `citadel_types`"),
        ("sync-wasm-client", "unresolved import"),
        ("sync-wasm-client", "cannot find type `Foo` in this scope"),
        ("sync-wasm-client", 'npm error Missing script: "build"'),
        ("sync-wasm-client", "error TS2688: Cannot find type definition file for 'node'."),
        ("sync-wasm-client", "build failed"),
        ("sync-wasm-client", "compilation error"),
        ("server", "error[E0308]: mismatched types"),
        ("server", "compilation error"),
        ("internal-service", "error[E0308]: mismatched types"),
        ("ui", "build failed"),
    ],
)
def test_citadel_knows_errors_that_are_always_errors(parse: Parse, stage: str, line: str) -> None:
    """What the procedure looks for beside the bare words, which the built-in set reads in their context."""
    assert matching(parse, stage, "errors", line)


def matching(parse: Parse, stage: str, key: str, line: str) -> list[str]:
    """The stage's own expressions under this key that match the line."""
    stages = {each.name: each for each in parse('preset = "citadel"').stack.stages}
    return [pattern for pattern in getattr(stages[stage], key) if re.search(pattern, line)]


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        ("citadel-workspace-types/src/lib.rs", ["sync-wasm-client", "server", "internal-service", "ui"]),
        ("citadel-workspace-types/Cargo.toml", ["sync-wasm-client", "server", "internal-service", "ui"]),
        ("citadel-workspace-client-ts/src/index.ts", ["sync-wasm-client", "ui"]),
        ("citadel-internal-service/typescript-client/src/client.ts", ["sync-wasm-client", "ui"]),
        ("citadel-internal-service/typescript-client/package.json", ["sync-wasm-client", "ui"]),
        (
            "citadel-internal-service/citadel-internal-service-wasm-client/src/lib.rs",
            ["sync-wasm-client", "ui"],
        ),
        ("citadel-workspace-server-kernel/src/main.rs", ["server"]),
        ("citadel-workspace-server-kernel/Cargo.toml", ["server"]),
        ("citadel-internal-service/src/main.rs", ["internal-service"]),
        ("citadel-internal-service/citadel-internal-service/src/kernel/mod.rs", ["internal-service"]),
        ("citadel-internal-service/Cargo.toml", ["internal-service"]),
        ("citadel-workspace-internal-service/src/main.rs", ["internal-service"]),
        ("citadel-workspaces/src/App.tsx", ["ui"]),
        ("citadel-workspaces/package.json", ["ui"]),
        ("Cargo.lock", ["server", "internal-service"]),
        ("README.md", []),
        ("citadel-internal-service/typescript-client/node_modules/x/index.js", []),
        ("citadel-internal-service/typescript-client/dist/index.js", []),
        ("citadel-workspaces/public/wasm/client_bg.wasm", []),
    ],
)
def test_citadel_rebuilds_what_a_change_touches(parse: Parse, changed: str, stale: list[str]) -> None:
    """Types rebuild all, a service's own sources that service, and the UI goes with the client it bundles."""
    found: list[str] = []
    for stage in parse('preset = "citadel"').stack.stages:
        touched = any(Selection.parse(stage.sources).mark([changed.encode()])[0])
        if touched or set(stage.needs).intersection(found):
            found.append(stage.name)

    assert found == stale
