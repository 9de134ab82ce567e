"""`syncguard.toml` or ``[tool.syncguard]`` as frozen `Settings`; all faults at once."""
