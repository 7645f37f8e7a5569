"""Proofs from the transparency log, and the audit of the record against the log."""
