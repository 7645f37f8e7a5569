"""Schemas of citation checks: what has happened to a cited version since it was cited."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Read, Schema
from app.vocabulary import CitationState, ClaimStatus

CitedRef = Annotated[
    str, StringConstraints(pattern=r"^clm_[0-9a-hjkmnp-tv-z]{26}@[1-9][0-9]{0,8}(:[0-9a-f]{64})?$", max_length=120)
]
"""A version of a claim, `clm_…@3`, optionally with the content hash from the citation, `clm_…@3:9f86d0…`."""


class CitationCheckQuery(Schema):
    """Parameters of a citation check."""

    cited: list[CitedRef] = Field(min_length=1, max_length=200, examples=[["clm_01jhf3m8w5k6v0x2s9r7q4t1ya@3"]])
    """Cited versions of claims, `id@version`. With `id@version:sha256`, the content hash is compared as well."""


class CitationCheck(Read):
    """What has happened to one cited version."""

    claim_id: str
    """Id of the claim."""
    version: int
    """Cited version of the claim."""
    state: CitationState
    """What has happened since the version was cited."""
    says: str
    """Explanation in one sentence."""
    status_then: ClaimStatus | None
    """Status of the claim in the cited version; null if the version is unknown."""
    status_now: ClaimStatus | None
    """Current status of the claim; null if the claim is unknown."""
    newest_version: int | None
    """Newest version of the claim; null if the claim is unknown."""
    address: str | None
    """Current address of the claim, or of the cited version in the installation that holds it; null if the claim is
    unknown."""


class CitationChecks(Read):
    """What has happened to the cited versions."""

    items: list[CitationCheck]
    """One result for each cited version, in the order of the request."""
