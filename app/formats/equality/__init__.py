"""Normal forms of names, statements and addresses: two texts with one normal form say the same."""
