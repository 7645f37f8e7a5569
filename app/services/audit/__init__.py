"""Proofs from the log, and the audit of the record against it."""
