"""What a stage would be built from now: a digest over its sources and its own settings.

`fingerprinter` is the way in; `ahead` begins a look before all that is imported.
"""
