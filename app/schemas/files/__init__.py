"""Schemas of citations, exports, dumps and imports."""
