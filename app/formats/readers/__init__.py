"""One reader per import format, and what they share."""
