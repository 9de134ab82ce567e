"""The command ``syncguard``: one small module a command, imported when it is called."""

from __future__ import annotations


def main() -> None:
    """Run the command line in ``sys.argv`` and end the process with its exit code."""
    from pytest_syncguard.cli.app import syncguard

    syncguard.main(prog_name="syncguard")
