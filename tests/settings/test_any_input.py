"""Whatever a file holds: settings, or faults in one line each; never anything else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.settings.load import parse_settings
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.settings.tables import PROJECT, TABLES

KEYS = sorted({key for table in TABLES for key in table.keys})
WORDS = st.sampled_from(["a", "b", "citadel", "compose", "tilt", "process", "command", "5m", "-1s", "(", "!x", "../x"])
SCALARS = st.one_of(
    WORDS,
    st.text(max_size=8),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.just(dt.date(2026, 1, 1)),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner),
    max_leaves=12,
)
STAGES = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5), max_size=3)
STACKS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4).flatmap(
    lambda stack: STAGES.map(lambda stages: {**stack, "stage": stages})
)
FILES = st.fixed_dictionaries({}, optional=dict.fromkeys(PROJECT.keys, VALUES) | {"stack": STACKS | VALUES})


def outcome(data: dict[str, Any], environ: dict[str, str]) -> Settings | tuple[str, ...]:
    """The settings, or the faults."""
    try:
        return parse_settings(data, Path("/project"), None, environ)
    except SettingsError as error:
        return error.faults


@given(data=FILES, port=st.text(max_size=5))
def test_any_data_gives_settings_or_faults(data: dict[str, Any], port: str) -> None:
    """No input raises anything but `SettingsError`, and no fault breaks its line or steers a terminal."""
    result = outcome(data, {"TILT_PORT": port})

    if isinstance(result, Settings):
        assert result.stack.stages or ("registry" in data and "stack" not in data)
    else:
        assert result
        for fault in result:
            assert fault.isprintable()
            assert fault.startswith(("settings: ", "environment: "))
