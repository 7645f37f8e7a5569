"""Schemas of the desk's workflow: proposals, reviews, the queue."""
