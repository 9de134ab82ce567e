"""The functions of formulas, one module for each of Airtable's groups; all of them are in `registry.REGISTRY`."""
