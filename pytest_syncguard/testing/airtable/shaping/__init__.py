"""Schemas are built and changed: pure functions from a base to another one."""
