"""What formulas need is not loaded before there is a formula."""

from __future__ import annotations

import subprocess
import sys

ASKS = """
import sys
from pytest_syncguard.testing.airtable.formulas.parse import compile_formula
print("lark" in sys.modules)
compile_formula("1+1")
print("lark" in sys.modules)
"""


def test_lark_is_loaded_with_the_first_formula() -> None:
    """Importing the module that compiles formulas loads no lark; compiling one does."""
    said = subprocess.run([sys.executable, "-c", ASKS], capture_output=True, text=True, check=True).stdout

    assert said.split() == ["False", "True"]
