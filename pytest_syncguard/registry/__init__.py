"""The registry: the components of plugin marketplaces."""
