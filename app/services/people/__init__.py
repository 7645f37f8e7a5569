"""Accounts, keys, and the erasure of people."""
