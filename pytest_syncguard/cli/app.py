"""The group of all commands; finds each by its name and imports nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from pytest_syncguard.cli.call import DIRECTORY, JSON, Before, wants_json
from pytest_syncguard.cli.ending import exit_code_of
from pytest_syncguard.settings.faults import did_you_mean

COMMANDS = ("init", "plan", "sync", "status", "down", "logs", "doctor", "judge", "components", "airtable")


class Commands(click.Group):
    """Each command is the attribute ``command`` of the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"pytest_syncguard.cli.{cmd_name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            hint = did_you_mean(name, COMMANDS) or f"the commands are {', '.join(COMMANDS)}"
            raise click.UsageError(f'no command "{name}": {hint}', ctx)
        return super().resolve_command(ctx, args)

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> None:
        """Run one command; ends with `SystemExit`, whatever happens."""
        extra["standalone_mode"] = False
        run = super().main
        as_json = wants_json(sys.argv[1:] if args is None else args)
        sys.exit(exit_code_of(lambda: run(args, prog_name, **extra), as_json=as_json))


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@DIRECTORY
@JSON
@click.version_option(package_name="pytest-syncguard", message="syncguard %(version)s")
@click.pass_context
def syncguard(ctx: click.Context, directory: Path | None, as_json: bool) -> int:
    """No test runs against a system that is out of sync.

    Exit codes: 0 in sync, 1 could not check or an error, 2 out of sync.
    """
    ctx.obj = Before(directory, as_json)
    if ctx.invoked_subcommand is None:
        if as_json:
            raise click.UsageError(f"no command: the commands are {', '.join(COMMANDS)}", ctx)
        click.echo(ctx.get_help())
        return 1  # nothing was asked, so nothing is known to be in sync
    return 0
