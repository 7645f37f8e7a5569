"""One module per export format, and what they share."""
