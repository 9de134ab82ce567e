"""Watching logs: errors first, then success, on every line, while it is written."""

from pytest_syncguard.stack.watch.judge import FileVerdict, Finding, Judge, judge_file
from pytest_syncguard.stack.watch.patterns import Patterns

__all__ = ["FileVerdict", "Finding", "Judge", "Patterns", "judge_file"]
