"""Routes of the record: one module for each noun."""
