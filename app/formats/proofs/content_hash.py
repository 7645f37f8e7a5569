"""The content hash of a version of a claim: what a citation is bound to.

SHA-256, as lower-case hex, of canonical JSON (RFC 8785) of these members of the version as the API shows it
(`/claims/{id}/versions/{n}`), and of no others, so that the hash holds whatever else is shown one day:

* `id`, `version`, `kind`, `statement`, `language`, `place`, `time`, `status`, `stage`, `notice`
* `quantities`: of each `metric`, `unit`, `population`, `qualifier`, `low`, `best`, `high`, `cumulative`, `basis`,
  `verbatim`
* `attributions`: of each `id`, `source` (its `id` and `name`), `stance`, `lineage`, `document` (its `id`), `said`,
  `quote` (its `exact`), `withdrawn`
* `evidence`: of each `id`, `document` (its `id`), `role`, `withdrawn`
* `review`: its `id`, `status`, `decided_on`, `rationale`

Members that are null are left out, figures are decimal text, lists are in the order shown. Bylines are not in it: they
can be erased.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from app.formats.proofs.canonical_json import decimal_text
from app.schemas.files.publication import PublishedClaim

# Keys are ASCII, where order by code point is order by UTF-16 code unit.
_encode = msgspec.json.Encoder(order="sorted").encode

_CLAIM = ("id", "version", "kind", "statement", "language", "place", "time", "status", "stage", "notice")
_FIGURES = ("low", "best", "high")
_QUANTITY = ("metric", "unit", "population", "qualifier", "cumulative", "basis", "verbatim")
_REVIEW = ("id", "status", "rationale")


def content_hash(claim: PublishedClaim) -> str:
    """The content hash of this version of a claim."""
    decision = claim.decision
    content = {
        **{name: getattr(claim, name) for name in _CLAIM},
        "quantities": [_given(_quantity(one)) for one in claim.quantities],
        "attributions": [
            _given(
                {
                    "id": said.id,
                    "source": {"id": said.source.id, "name": said.source.name},
                    "stance": said.stance,
                    "lineage": said.lineage,
                    "document": None if said.document is None else {"id": said.document.id},
                    "said": said.said,
                    "quote": None if said.quote is None else {"exact": said.quote["exact"]},
                    "withdrawn": said.withdrawn,
                }
            )
            for said in claim.attributions
        ],
        "evidence": [
            {"id": one.id, "document": {"id": one.document.id}, "role": one.role, "withdrawn": one.withdrawn}
            for one in claim.evidence
        ],
        "review": None
        if decision is None
        else {**{name: decision[name] for name in _REVIEW}, "decided_on": str(decision["decided_on"])},
    }
    return sha256(_encode(_given(content))).hexdigest()


def _quantity(figure: Mapping[str, Any]) -> dict[str, Any]:
    exact = {name: None if figure[name] is None else decimal_text(figure[name]) for name in _FIGURES}
    return {**{name: figure[name] for name in _QUANTITY}, **exact}


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
