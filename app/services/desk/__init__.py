"""Proposals, sign-offs, assignments and the queue."""
