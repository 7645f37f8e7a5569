"""Names that stand twice where each may stand once."""

from collections import Counter
from collections.abc import Iterable


def twice(names: Iterable[str]) -> list[str]:
    """Those that do, in the order in which they first stand. Linear: whoever sends names may send a great many."""
    return [name for name, times in Counter(names).items() if times > 1]
