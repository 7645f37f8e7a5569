"""Rows, streams and values of imported files: what every reader is built on."""
