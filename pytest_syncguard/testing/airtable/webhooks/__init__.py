"""Webhooks: what they watch, what they tell of a change, and whom they notify."""
