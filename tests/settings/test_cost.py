"""What the settings cost: no library that only faults or presets need is loaded for nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = {"attrs", "cattrs", "difflib", "importlib.resources", "json", "pydantic", "tempfile", "tomllib"}
FILE = '[[stack.stage]]\nname = "a"\nserve = ["a"]\nsuccess = ["up"]\n'


def loaded(code: str, cwd: Path) -> set[str]:
    """The heavy modules that are loaded once the code has run in a fresh interpreter."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=True)
    return HEAVY.intersection(run.stdout.split())


def test_the_model_comes_without_a_parser(tmp_path: Path) -> None:
    """Whoever only names settings pays for no reading of them."""
    assert loaded("import pytest_syncguard.settings.model", tmp_path) == set()


def test_good_settings_load_the_parser_alone(tmp_path: Path) -> None:
    """Nearest names are looked for only when something is wrong."""
    (tmp_path / "syncguard.toml").write_text(FILE)
    code = "from pathlib import Path; from pytest_syncguard.settings.load import load_settings; load_settings(Path())"

    assert loaded(code, tmp_path) == {"tomllib"}
