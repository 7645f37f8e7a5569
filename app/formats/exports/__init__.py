"""One module per export format, and the code that they share."""
