"""The compose file is a source, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.settings.model import Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.command.composefile import check_compose_file


@pytest.mark.parametrize(
    ("preset", "file", "sources", "ok"),
    [
        ("compose", "compose.yaml", ["server/**"], [False]),
        ("compose", "docker-compose.yml", ["server/**", "docker-compose.yml"], [True]),
        ("compose", "compose.yaml", ["*.yaml"], [True]),
        ("compose", "compose.yaml", [], [True]),
        ("compose", "compose.yaml", ["!compose.yaml"], [False]),
        ("compose", "deploy.yaml", ["server/**"], []),
        ("", "compose.yaml", ["server/**"], []),
    ],
)
def test_compose_file_that_no_stage_covers(
    tmp_path: Path, preset: str, file: str, sources: list[str], ok: list[bool]
) -> None:
    """Doctor names it where the preset is used; any stage whose sources cover it will do."""
    (tmp_path / file).touch()
    stage = Stage("server", "server", sources=tuple(sources))
    settings = Settings(tmp_path, preset=preset, stack=StackSettings(stages=(stage,)))

    found = check_compose_file(settings)

    assert [check.ok for check in found] == ok
    assert all(file in check.found for check in found)
