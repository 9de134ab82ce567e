"""The stack: every service that runs was built from the sources as they are now."""
