"""What has become of what somebody cited."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Read, Schema
from app.vocabulary import CitationState, Status

CitedRef = Annotated[
    str, StringConstraints(pattern=r"^clm_[0-9a-hjkmnp-tv-z]{26}@[1-9][0-9]{0,8}(:[0-9a-f]{64})?$", max_length=120)
]
"""A version of a claim, `clm_…@3`, with the content hash that the citation gave, if it did: `clm_…@3:9f86d0…`."""


class CitationCheckQuery(Schema):
    """What was cited."""

    cited: list[CitedRef] = Field(min_length=1, max_length=200, examples=[["clm_01jhf3m8w5k6v0x2s9r7q4t1ya@3"]])
    """Versions of claims, `id@version`; `id@version:sha256` also has the content hash compared."""


class CitationCheck(Read):
    """What has become of one version that was cited."""

    claim_id: str
    """The claim."""
    version: int
    """The version cited."""
    state: CitationState
    """What has become of it."""
    says: str
    """The same in a sentence."""
    status_then: Status | None
    """What we had concluded by that version; null if it is unknown."""
    status_now: Status | None
    """What we conclude now."""
    newest_version: int | None
    """The claim's newest version."""
    address: str | None
    """Where the claim is now."""


class CitationChecks(Read):
    """What has become of what was cited."""

    items: list[CitationCheck]
    """In the order asked."""
