"""What a run tells: one small module a form, each fed by events and results."""
