"""Canonical JSON: one text for one value, so that it can be hashed (RFC 8785, JSON Canonicalization Scheme).

Only for text, whole numbers, true, false, null, and lists and objects of these. How RFC 8785 writes other numbers
depends on binary doubles; figures are therefore given as decimal text, and moments in RFC 3339.
"""

import json
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

import msgspec

LARGEST = 2**53 - 1
"""Whole numbers beyond this, or below its negative, would not be what a binary double holds."""

# Escapes as RFC 8785 wants them: a test compares it with another implementation.
encode = msgspec.json.Encoder().encode
"""The canonical bytes of a value whose objects have their keys in order already, as ASCII sorts them."""

_EXACT = Context(prec=100_000)


def decimal_text(number: float | Decimal) -> str:
    """A number as decimal text: all its digits, no exponent, nothing behind the point that says nothing."""
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    return format(exact.normalize(_EXACT), "f") if exact else "0"


def text_of_json(text: str) -> str:
    """Somebody else's JSON as canonical text: as RFC 8785 has it, but with numbers as `decimal_text` writes them.

    So it is the same from an engine that keeps the text and from one that keeps the value, and no digit is lost.
    """
    value = json.loads(text, parse_int=_number, parse_float=_number, object_pairs_hook=_in_order)
    return encode(value).decode()


def _number(text: str) -> msgspec.Raw:
    return msgspec.Raw(decimal_text(Decimal(text)))


def _in_order(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    # RFC 8785, section 3.2.3: by UTF-16 code units.
    return dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be")))
