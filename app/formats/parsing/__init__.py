"""Parsing of imported files: rows, JSON streams and lenient values, shared by all readers."""
