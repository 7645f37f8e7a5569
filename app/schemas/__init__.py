"""Shapes as they cross a door: what comes in, what goes out. They know no storage and no HTTP."""
