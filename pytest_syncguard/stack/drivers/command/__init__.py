"""The driver for everything that has commands: trigger, logs and status are argv templates of the user's."""

from pytest_syncguard.stack.drivers.command.driver import CommandDriver

__all__ = ["CommandDriver"]
