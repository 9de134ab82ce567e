"""Airtable's formulas: `parse` in `formulas.parse` makes a `Formula`, which is evaluated in a `Scope`."""
