"""Full-text search: the index, and queries against it."""
