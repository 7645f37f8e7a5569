"""Attest's own exchange format, as JSON and as CSV."""
