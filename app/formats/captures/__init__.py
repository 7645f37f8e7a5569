"""The text of captured files, and the search for quotes and figures in it."""
