"""Captured files: received, verified, searched for quotes and figures."""
