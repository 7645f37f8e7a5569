"""Schemas of the desk's workflow: proposals, reviews, ratings, the queue."""
