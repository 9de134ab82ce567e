"""Regular expressions of the language that Airtable has (RE2's), which take no more than a bounded time."""
