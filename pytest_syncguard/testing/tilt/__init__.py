r"""A scripted Tilt, and the real one on the same scenarios.

``ScriptedTilt(scenario, folder)`` runs an executable ``tilt`` that speaks as the real one does;
``RealTilt(scenario, folder, binary)`` has the real one play the same scenario; `ScriptedEngine` is the
scripted one without processes and, if wanted, with virtual time::

    scenario = Scenario((Resource("server", builds=(Build((say("Finished\n"),)),), serve=(Serve(),)),))
    with ScriptedTilt(scenario, tmp_path) as tilt:
        subprocess.run(["tilt", "trigger", "server"], env=tilt.env)
        tilt.wait_idle()
        assert tilt.running_content("server") == tilt.current_content("server")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_syncguard.testing.tilt.engine import ScriptedEngine, TriggerRefused
    from pytest_syncguard.testing.tilt.harness import RunningTilt
    from pytest_syncguard.testing.tilt.installing import install
    from pytest_syncguard.testing.tilt.journal import Built, Journal, content_of
    from pytest_syncguard.testing.tilt.real import RealTilt
    from pytest_syncguard.testing.tilt.scenario import (
        Build,
        Resource,
        Scenario,
        ScenarioError,
        Serve,
        Step,
        hang,
        kill_tilt,
        say,
        sleep,
    )
    from pytest_syncguard.testing.tilt.scripted import ScriptedTilt
    from pytest_syncguard.testing.tilt.tiltfile import to_tiltfile

__all__ = [
    "Build",
    "Built",
    "Journal",
    "RealTilt",
    "Resource",
    "RunningTilt",
    "Scenario",
    "ScenarioError",
    "ScriptedEngine",
    "ScriptedTilt",
    "Serve",
    "Step",
    "TriggerRefused",
    "content_of",
    "hang",
    "install",
    "kill_tilt",
    "say",
    "sleep",
    "to_tiltfile",
]

_MODULES = {
    "engine": ("ScriptedEngine", "TriggerRefused"),
    "harness": ("RunningTilt",),
    "installing": ("install",),
    "journal": ("Built", "Journal", "content_of"),
    "real": ("RealTilt",),
    "scripted": ("ScriptedTilt",),
    "tiltfile": ("to_tiltfile",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is asked for only then: the commands that Tilt runs start in this package too."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'scenario')}"), name)
