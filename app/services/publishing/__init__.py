"""Citations, exports and dumps of what is published."""
