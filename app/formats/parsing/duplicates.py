"""Duplicates in a list where every name must be unique."""

from collections import Counter
from collections.abc import Iterable


def find_duplicates(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once, in order of first occurrence, in linear time."""
    # Linear, because the names come from clients, who may send very many.
    return [name for name, occurrences in Counter(names).items() if occurrences > 1]
