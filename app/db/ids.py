"""Identifiers: opaque to readers, sortable by the time they were made."""

import re
import time
from functools import lru_cache
from itertools import product
from threading import Lock

from ulid import ULID

_FORM = re.compile(r"[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}")

_RANDOM_BITS = 80
"""Bits of a ULID behind its milliseconds."""

_PAIRS = tuple("".join(pair) for pair in product("0123456789abcdefghjkmnpqrstvwxyz", repeat=2))
"""Ten bits in Crockford's base 32."""

_lock = Lock()
_last = 0


def new_id(prefix: str) -> str:
    """A new identifier such as `clm_01jhkd…`: a prefix that names the noun, and a ULID in lower case.

    Identifiers made by one process never fall, also within a millisecond: what was recorded together keeps its order.
    """
    global _last  # noqa: PLW0603 - one line of identifiers for the whole process
    with _lock:
        # An import makes hundreds of thousands: those of one millisecond are counted on from the first.
        begun = _last >> _RANDOM_BITS >= time.time_ns() // 1_000_000
        _last = _last + 1 if begun else max(int(ULID()), _last + 1)
        return f"{prefix}_{_beginning(_last >> 20)}{_PAIRS[_last >> 10 & 1023]}{_PAIRS[_last & 1023]}"


@lru_cache(maxsize=1)
def _beginning(bits: int) -> str:
    """All but the last four characters of a ULID; a million identifiers may share it."""
    return "".join(_PAIRS[bits >> shift & 1023] for shift in range(100, -1, -10))


def is_id(ref: str, prefix: str | None = None) -> bool:
    """True if `ref` has the form of an identifier (of the noun with this prefix, if one is given)."""
    return _FORM.fullmatch(ref) is not None and (prefix is None or ref.startswith(prefix + "_"))
