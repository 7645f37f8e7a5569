"""Merging of duplicates: claims, sources, topics and documents."""
