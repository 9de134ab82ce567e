"""What a pytest run that wants a sync does first of all: git looks at the sources while Python still imports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_syncguard import xdist
from pytest_syncguard.settings.find import CACHE, STATE, find_source
from pytest_syncguard.witness import Witness

if TYPE_CHECKING:
    from argparse import Namespace

WITNESS = pytest.StashKey[Witness]()


def look_ahead(config: pytest.Config, option: Namespace) -> None:
    """Begin to look at the project's sources, if this process is going to sync them and has not begun yet."""
    if WITNESS in config.stash or xdist.is_worker(config) or not wants_sync(option):
        return
    if source := find_source(start_folder(config)):
        from pytest_syncguard.stack.fingerprint.ahead import begin

        root = source.parent
        config.add_cleanup(begin(root, root / STATE / CACHE))  # starts git, which the witness would count
        config.stash[WITNESS] = witness = Witness(root)
        config.add_cleanup(witness.dismiss)


def written_since(config: pytest.Config) -> bool:
    """Whether this process wrote into the project since `look_ahead`, so that looks begun before are void. From
    now on it may.
    """
    if (witness := config.stash.get(WITNESS, None)) is None:
        return False
    witness.dismiss()
    return bool(witness.saw) or witness.spawned()


def wants_sync(option: Namespace) -> bool:
    """Whether the options ask for a sync before the first test, and for tests that run."""
    asked = option.sync_stack or option.sync_stage or option.sync_force
    return bool(asked) and not option.collectonly and not getattr(option, "setupplan", False)


def start_folder(config: pytest.Config) -> Path:
    """Where to look for the settings: where pytest was called, there on a worker's machine, its rootdir, or the folder
    that holds all the tests it was given, which without a file of pytest's own there is below the rootdir.
    """
    here = config.invocation_params.dir
    for folder in (Path(xdist.called_from(config)), here, config.rootpath, _folder_of_tests(config)):
        if folder.is_dir() and find_source(folder):
            return folder
    return config.rootpath


def _folder_of_tests(config: pytest.Config) -> Path:
    """The nearest folder that all paths on the command line lie in; where pytest was called if there are none."""
    here = config.invocation_params.dir
    given = getattr(config.known_args_namespace, "file_or_dir", ())
    paths = [path for each in given if (path := here / str(each).partition("::")[0]).exists()]
    folders = [path if path.is_dir() else path.parent for path in paths]
    return Path(os.path.commonpath(folders)) if folders else here
