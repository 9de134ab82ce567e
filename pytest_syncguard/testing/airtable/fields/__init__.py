"""The types of fields: one class each (`kind.Kind`), found by name in `registry`."""
