"""Claims as JSON Lines: one claim on each line, whole, with everything that it names.

This is for those who work with claims: each line stands by itself and can be cut, sorted and put into a data frame.
`attest_json` is JSON Lines, too, but for those who carry a record from one Attest to another: there a line is a source,
a topic, a document or a claim that names them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from app.formats.proofs.content_hash import content_hash
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim

_NOT_WRITTEN = frozenset({"changed", "logged"})
"""What is known of a claim that was picked, and looked up for no list."""

FIELDS = tuple(name for name in PublishedClaim.__dataclass_fields__ if name not in _NOT_WRITTEN)
"""The members of a line, in order; `content_hash` follows `address`."""

_encode = msgspec.json.Encoder().encode


def write(claims: Iterable[PublishedClaim], _edition: Edition) -> Iterator[str]:
    """A line for each claim."""
    for claim in claims:
        yield _encode(line(claim)).decode() + "\n"


def line(claim: PublishedClaim) -> dict[str, Any]:
    """A claim as the object of its line."""
    found: dict[str, Any] = {}
    for name in FIELDS:
        found[name] = getattr(claim, name)
        if name == "address":
            found["content_hash"] = content_hash(claim)
    return found
