"""How stages are triggered and watched: one module or package a driver."""
