"""Dates, statuses and source names in English."""
