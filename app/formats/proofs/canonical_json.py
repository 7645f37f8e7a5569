"""Canonical JSON (RFC 8785, JSON Canonicalization Scheme): each value has exactly one text, so it can be hashed.

Only strings, integers, booleans, null, and arrays and objects of these are supported. RFC 8785 serializes other numbers
as binary doubles, so figures are encoded as decimal text instead, and timestamps in RFC 3339.
"""

import json
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

import msgspec

# msgspec escapes strings as RFC 8785 requires; a test compares it with another implementation.
encode_canonical = msgspec.json.Encoder().encode
"""Encode a value as canonical bytes. The keys of its objects must be ASCII and already sorted."""

_EXACT = Context(prec=100_000)


def decimal_text(number: float | Decimal) -> str:
    """Return a number as decimal text with all its digits, without an exponent and without trailing zeros."""
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    return format(exact.normalize(_EXACT), "f") if exact else "0"


def canonicalize(text: str) -> str:
    """Return any JSON text in the form of RFC 8785, except that numbers are written by `decimal_text`.

    The result is the same whether a database stored the JSON as text or as a value, and no digit is lost.
    """
    value = json.loads(text, parse_int=_number, parse_float=_number, object_pairs_hook=_sort_members)
    return encode_canonical(value).decode()


def _number(text: str) -> msgspec.Raw:
    return msgspec.Raw(decimal_text(Decimal(text)))


def _sort_members(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    # RFC 8785, section 3.2.3: sorted by UTF-16 code units.
    return dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be")))
