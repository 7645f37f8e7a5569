"""Schemas of origins and their independence."""

from typing import Self

from pydantic import Field, model_validator

from app.schemas.base.fields import Prose, Read, Ref, Schema, Timestamp
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.source import SourceBrief
from app.vocabulary import Independence


class IndependenceRulingCreate(Schema):
    """A ruling on the independence of two origins of a claim. The latest ruling on a pair applies."""

    sources: list[Ref] = Field(
        min_length=2, max_length=2, examples=[["src_01jhf3m8w5k6v0x2s9r7q4t1ya", "src_01jhf3m8w5k6v0x2s9r7q4t1yb"]]
    )
    """The two origins (ids or keys of sources), in any order."""
    ruling: Independence
    """The ruling; `not_established` revokes an earlier ruling."""
    reason: Prose = Field(
        examples=["One counted from its own satellite imagery, the other from prisoners' statements."]
    )
    """Reason for the ruling. All readers can see it."""

    @model_validator(mode="after")
    def _origins_differ(self) -> Self:
        if self.sources[0] == self.sources[1]:
            raise FieldFaultError("sources", "must be two different origins")
        return self


class IndependenceRulingRead(Read):
    """A ruling on the independence of two origins of a claim."""

    id: str
    """Identifier of the ruling."""
    claim_id: str
    """Id of the claim."""
    source_ids: list[str]
    """Ids of the two origins."""
    ruling: Independence
    """The ruling."""
    reason: str
    """Reason for the ruling."""
    recorded_at: Timestamp
    """When the ruling was recorded, UTC."""
    ruled_by: str
    """Byline of the person who ruled."""


class OriginPair(Read):
    """Two origins of a claim, and whether they are independent of each other."""

    source_ids: list[str]
    """Ids of the two origins."""
    independence: Independence
    """Independence of the two origins: `not_established` unless derived or ruled otherwise."""
    why: str
    """Explanation: the shared ancestor, the reason for the ruling, or that nobody has ruled."""


class Counts(Read):
    """Counts of attributions, publishers and origins. Only attributions that put the claim forward are counted. Many
    attributions do not mean many origins: repetition is not confirmation."""

    attributions: int = Field(examples=[2])
    """Number of attributions that put the claim forward, including relays."""
    publishers: int = Field(examples=[1])
    """Number of distinct publishers of the documents that contain these attributions."""
    identified_origins: int = Field(examples=[2])
    """Number of distinct sources at the ends of the chains that are identified by name or description."""
    independent_origins: int = Field(examples=[0])
    """Size of the largest set of origins in which every pair is ruled independent; 0 if no pair is."""
    lineage_unknown: int = Field(examples=[0])
    """Number of attributions for which it is unknown where the source got the claim. They do not count as origins."""


class OriginsRead(Read):
    """The origins of a claim and what is known about their independence."""

    origins: list[SourceBrief]
    """Identified origins."""
    pairs: list[OriginPair]
    """Every pair of the first 30 origins."""


class IndependenceRulings(Read):
    """The rulings on the origins of a claim."""

    items: list[IndependenceRulingRead]
    """The rulings, oldest first."""
