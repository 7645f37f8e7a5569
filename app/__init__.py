"""Attest: a fact-check database for war reporting."""

__version__ = "0.1.0"
