"""No test runs against a system that is out of sync."""
