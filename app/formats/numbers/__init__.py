"""The numbers that a text names, in digits and words of every language that is read."""
