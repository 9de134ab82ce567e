"""`syncguard.toml` or ``[tool.syncguard]`` as frozen `Settings`; all faults at once.

`find` finds the file, `source` reads it, `load` gives the settings. Whoever needs one of them pays for no other.
"""
