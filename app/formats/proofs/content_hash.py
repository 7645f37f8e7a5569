"""The content hash of a claim version, by which a citation identifies what it cites.

SHA-256, as lower-case hex, of the canonical JSON (RFC 8785) of the following members of the version in the API
(`/claims/{id}/versions/{n}`). No other members count, so the hash stays the same when the API adds members:

* `id`, `version`, `kind`, `statement`, `language`, `place`, `time`, `stage`, `notice`
* `status`: that of `review`, also if the decision is stale; `unassessed` without a decision
* `quantities`, each with `metric`, `unit`, `population`, `qualifier`, `low`, `best`, `high`, `cumulative`, `basis`,
  `verbatim`
* `attributions`, each with `id`, `source` (its `id` and `name`), `stance`, `lineage`, `document` (its `id`), `said`,
  `quote` (its `exact`), `withdrawn`
* `evidence`, each with `id`, `document` (its `id`), `role`, `withdrawn`
* `review`: its `id`, `status`, `decided_on`, `rationale`

Null members are left out, figures are decimal text, and lists keep the order of the API. Bylines are not included,
because they can be erased.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from app.formats.proofs.canonical_json import decimal_text
from app.schemas.files.publication import PublishedClaim
from app.vocabulary import Status

# The keys are ASCII, so sorting by code point equals sorting by UTF-16 code unit.
_encode = msgspec.json.Encoder(order="sorted").encode

_CLAIM = ("id", "version", "kind", "statement", "language", "place", "time", "stage", "notice")
_FIGURES = ("low", "best", "high")
_QUANTITY = ("metric", "unit", "population", "qualifier", "cumulative", "basis", "verbatim")
_REVIEW = ("id", "status", "rationale")


def content_hash(claim: PublishedClaim) -> str:
    """Return the content hash of this version of a claim, as lower-case hex."""
    decision = claim.decision
    content = {
        **{name: getattr(claim, name) for name in _CLAIM},
        "status": Status.UNASSESSED if claim.decision is None else claim.decision["status"],
        "quantities": [_without_null(_exact_quantity(quantity)) for quantity in claim.quantities],
        "attributions": [
            _without_null(
                {
                    "id": attribution.id,
                    "source": {"id": attribution.source.id, "name": attribution.source.name},
                    "stance": attribution.stance,
                    "lineage": attribution.lineage,
                    "document": None if attribution.document is None else {"id": attribution.document.id},
                    "said": attribution.said,
                    "quote": None if attribution.quote is None else {"exact": attribution.quote["exact"]},
                    "withdrawn": attribution.withdrawn,
                }
            )
            for attribution in claim.attributions
        ],
        "evidence": [
            {"id": item.id, "document": {"id": item.document.id}, "role": item.role, "withdrawn": item.withdrawn}
            for item in claim.evidence
        ],
        "review": None
        if decision is None
        else {**{name: decision[name] for name in _REVIEW}, "decided_on": str(decision["decided_on"])},
    }
    return sha256(_encode(_without_null(content))).hexdigest()


def _exact_quantity(quantity: Mapping[str, Any]) -> dict[str, Any]:
    figures = {name: None if quantity[name] is None else decimal_text(quantity[name]) for name in _FIGURES}
    return {**{name: quantity[name] for name in _QUANTITY}, **figures}


def _without_null(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
