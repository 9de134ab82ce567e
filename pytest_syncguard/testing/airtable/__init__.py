"""A local Airtable on loopback, which pyairtable cannot tell from the real one."""
