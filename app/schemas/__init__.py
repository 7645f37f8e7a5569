"""Pydantic schemas of everything that comes in and goes out. They depend on neither storage nor HTTP."""
