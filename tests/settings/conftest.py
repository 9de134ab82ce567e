"""What the tests of the settings share: TOML text in, settings or faults out."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.settings.load import DRIVERS, parse_settings
from pytest_syncguard.settings.model import Settings

Parse = Callable[..., Settings]
FaultsOf = Callable[..., tuple[str, ...]]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    """Settings of a syncguard.toml with this text, in a project of its own."""

    def parse(text: str, environ: Mapping[str, str] | None = None, drivers: Sequence[str] = DRIVERS) -> Settings:
        source = tmp_path / "syncguard.toml"
        return parse_settings(tomllib.loads(text), tmp_path, source, environ or {}, drivers=drivers)

    return parse


@pytest.fixture
def faults_of(parse: Parse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultsOf:
    """The faults of a syncguard.toml with this text; it must have some."""
    monkeypatch.chdir(tmp_path)

    def faults_of(
        text: str, environ: Mapping[str, str] | None = None, drivers: Sequence[str] = DRIVERS
    ) -> tuple[str, ...]:
        with pytest.raises(SettingsError) as caught:
            parse(text, environ, drivers)
        assert str(caught.value) == "\n".join(caught.value.faults)
        return caught.value.faults

    return faults_of
