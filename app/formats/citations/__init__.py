"""One module per citation format, and what they share."""
