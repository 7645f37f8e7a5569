"""Identifiers: opaque to clients and sortable by the time of creation."""

import re
import time
from functools import lru_cache
from itertools import product
from threading import Lock

from ulid import ULID

_ID_PATTERN = re.compile(r"[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}")

_RANDOM_BITS = 80
"""Random bits of a ULID, after its 48-bit timestamp in milliseconds."""

_PAIRS = tuple("".join(pair) for pair in product("0123456789abcdefghjkmnpqrstvwxyz", repeat=2))
"""Ten bits each, as two digits of Crockford's base 32."""

_lock = Lock()
_last_ulid = 0


def new_id(prefix: str) -> str:
    """Return a new identifier such as `clm_01jhkd…`: the prefix of the noun and a ULID in lower case.

    Identifiers of one process always increase, even within a millisecond, so rows recorded together keep their order.
    """
    global _last_ulid  # noqa: PLW0603 - one sequence of identifiers for the whole process
    with _lock:
        # An import makes hundreds of thousands of ids: within a millisecond, counting on is faster than a new ULID.
        is_same_millisecond = _last_ulid >> _RANDOM_BITS >= time.time_ns() // 1_000_000
        _last_ulid = _last_ulid + 1 if is_same_millisecond else max(int(ULID()), _last_ulid + 1)
        ulid = _last_ulid
        return f"{prefix}_{_leading_digits(ulid >> 20)}{_PAIRS[ulid >> 10 & 1023]}{_PAIRS[ulid & 1023]}"


@lru_cache(maxsize=1)
def _leading_digits(bits: int) -> str:
    """All but the last four characters of a ULID; up to a million consecutive identifiers share them."""
    return "".join(_PAIRS[bits >> shift & 1023] for shift in range(100, -1, -10))


def is_id(ref: str, prefix: str | None = None) -> bool:
    """True if `ref` has the form of an identifier, with this prefix if there is one."""
    return _ID_PATTERN.fullmatch(ref) is not None and (prefix is None or ref.startswith(prefix + "_"))
