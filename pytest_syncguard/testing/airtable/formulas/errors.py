"""What can be wrong with the text of a formula."""

from __future__ import annotations

INVALID = "Invalid formula. Please check your formula text."


class FormulaError(Exception):
    """The text is no formula; ``reason`` says why, as Airtable words it."""

    def __init__(self, reason: str = INVALID) -> None:
        super().__init__(reason)
        self.reason = reason
