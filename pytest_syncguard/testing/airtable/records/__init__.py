"""Records: listing, writing, links, and what is computed when they are read."""
