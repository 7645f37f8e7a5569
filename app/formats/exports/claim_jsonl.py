"""Claims as JSON Lines: one complete claim on each line, with everything that it refers to.

This format is for analysis: each line is self-contained and can be filtered, sorted and loaded into a data frame.
`attest_json` is JSON Lines too, but for moving records from one Attest to another: there each line is a source, a
topic, a document or a claim, and claims refer to the others by key.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from app.formats.proofs.content_hash import content_hash
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim

_EXCLUDED_FIELDS = frozenset({"changed", "logged"})
"""Fields that are only read for a single claim, and never for a list."""

FIELDS = tuple(name for name in PublishedClaim.__dataclass_fields__ if name not in _EXCLUDED_FIELDS)
"""The members of a line, in order; `content_hash` follows `address`."""

_encode = msgspec.json.Encoder().encode


def write(claims: Iterable[PublishedClaim], _edition: Edition) -> Iterator[str]:
    """Yield one line for each claim."""
    for claim in claims:
        yield _encode(claim_object(claim)).decode() + "\n"


def claim_object(claim: PublishedClaim) -> dict[str, Any]:
    """Return a claim as the JSON object of its line."""
    members: dict[str, Any] = {}
    for name in FIELDS:
        members[name] = getattr(claim, name)
        if name == "address":
            members["content_hash"] = content_hash(claim)
    return members
