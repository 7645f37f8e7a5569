"""One reader per import format, and the code that they share."""
