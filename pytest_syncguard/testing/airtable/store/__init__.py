"""Bases and records in one SQLite file, or in memory."""
