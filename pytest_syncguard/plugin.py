"""pytest's hooks and options, nothing else; nobody imports it."""
