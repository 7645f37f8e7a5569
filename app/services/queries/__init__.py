"""Lists of claims and other nouns: filters, facets, search pages, estimates."""
