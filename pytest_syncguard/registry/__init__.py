"""The registry: components of plugin marketplaces, and (to come) their records in Airtable."""
