"""The driver for stacks that Tilt runs."""

from pytest_syncguard.stack.drivers.tilt.driver import TiltDriver

__all__ = ["TiltDriver"]
