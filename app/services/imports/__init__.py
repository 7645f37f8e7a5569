"""Imports of files into the record."""
