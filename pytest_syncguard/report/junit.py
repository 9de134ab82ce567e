"""JUnit: the verdicts as properties of the test suite."""

from __future__ import annotations

import pytest

from pytest_syncguard.report.escape import xml_text
from pytest_syncguard.verdict import Result


def add_properties(config: pytest.Config, result: Result) -> None:
    """One property a target, and the summary; nothing without ``--junit-xml``.

    ``record_testsuite_property`` is lost under xdist (pytest-dev/pytest#7767), so this speaks to the
    controller's XML writer itself.
    """
    from _pytest.junitxml import xml_key

    xml = config.stash.get(xml_key, None)
    if xml is None:
        return
    xml.add_global_property("syncguard", xml_text(result.summary))
    for verdict in result.verdicts:
        xml.add_global_property(f"syncguard.{xml_text(str(verdict.target))}", str(verdict.status))
