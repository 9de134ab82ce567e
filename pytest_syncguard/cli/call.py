"""What all commands share: where to look, and whether a person or a program reads the answer."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.report.escape import plain
from pytest_syncguard.settings.faults import quoted

if TYPE_CHECKING:
    from pytest_syncguard.project import Project

SCHEMA = 1
DIRECTORY = click.option(
    "-C",
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Look for the settings here, then in each folder above (default: the current folder).",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")


class Count(click.IntRange):
    """An integer from ``min`` up; anything else is told as a fault of the settings would be."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"found {quoted(str(value))}, required an integer of at least {self.min}", param, ctx)


@dataclass(frozen=True, slots=True)
class Before:
    """The options that stood before the command."""

    directory: Path | None = None
    json: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command."""

    directory: Path
    json: bool

    def project(self) -> Project:
        """The project that the folder lies in. Raises `SettingsError` with every fault."""
        from pytest_syncguard.project import open_project

        return open_project(self.start)

    @property
    def start(self) -> Path:
        """The folder, absolute."""
        try:
            return self.directory.absolute()
        except FileNotFoundError:
            raise SyncguardError("the current folder does not exist any more: change to another") from None

    def answer(self, document: Mapping[str, Any], lines: Iterable[str]) -> None:
        """The document for a program, the lines for a person."""
        if self.json:
            show({"schema": SCHEMA, **document})
        else:
            for line in lines:
                say(line)


def say(line: str) -> None:
    """One line on stdout, seen at once, harmless to a terminal."""
    print(plain(line), flush=True)


def show(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout."""
    print(json.dumps(document, indent=2), flush=True)


def wants_json(args: Iterable[str]) -> bool:
    """Whether a program called, also with a call that is wrong: ``--json`` anywhere among the options."""
    return "--json" in itertools.takewhile(lambda arg: arg != "--", args)


def shared(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that all have; its first argument is then the `Call`."""

    def command(ctx: click.Context, /, directory: Path | None, as_json: bool, **rest: Any) -> int:
        before = ctx.find_object(Before) or Before()
        return function(Call(directory or before.directory or Path(), as_json or before.json), **rest)

    functools.update_wrapper(command, function)
    return DIRECTORY(JSON(click.pass_context(command)))
