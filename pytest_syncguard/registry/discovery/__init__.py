"""Finds the components of a marketplace as Claude Code does; `discover` is the way in."""
