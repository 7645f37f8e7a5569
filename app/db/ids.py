"""Identifiers: opaque to readers, sortable by the time they were made."""

import re
from threading import Lock

from ulid import ULID

_FORM = re.compile(r"[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}")

_lock = Lock()
_last = 0


def new_id(prefix: str) -> str:
    """A new identifier such as `clm_01jhkd…`: a prefix that names the noun, and a ULID in lower case.

    Identifiers made by one process never fall, also within a millisecond: what was recorded together keeps its order.
    """
    global _last  # noqa: PLW0603 - one line of identifiers for the whole process
    with _lock:
        _last = max(int(ULID()), _last + 1)
        return f"{prefix}_{str(ULID.from_int(_last)).lower()}"


def is_id(ref: str, prefix: str | None = None) -> bool:
    """True if `ref` has the form of an identifier (of the noun with this prefix, if one is given)."""
    return _FORM.fullmatch(ref) is not None and (prefix is None or ref.startswith(prefix + "_"))
