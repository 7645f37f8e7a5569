"""Files read into the record."""
