"""Claims and everything attached to them."""
