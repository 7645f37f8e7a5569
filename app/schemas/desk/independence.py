"""Independence of origins as it crosses a door."""

from typing import Self

from pydantic import Field, model_validator

from app.schemas.base.fields import Moment, Prose, Read, Ref, Schema
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.source import SourceBrief
from app.vocabulary import Independence


class IndependenceRulingCreate(Schema):
    """A ruling on two origins of a claim. The last ruling on a pair holds."""

    sources: list[Ref] = Field(min_length=2, max_length=2)
    """The two origins (ids or keys of sources), in any order."""
    ruling: Independence
    """What is ruled; not_established takes an earlier ruling back."""
    reason: Prose = Field(
        examples=["One counted from its own satellite imagery, the other from prisoners' statements."]
    )
    """Why. It is public."""

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.sources[0] == self.sources[1]:
            raise FieldFaultError("sources", "must be two different origins")
        return self


class IndependenceRulingRead(Read):
    """A ruling on two origins of a claim."""

    id: str
    """Identifier."""
    claim_id: str
    """For which claim."""
    source_ids: list[str]
    """The two origins."""
    ruling: Independence
    """What was ruled."""
    reason: str
    """Why."""
    recorded_at: Moment
    """When, UTC."""
    ruled_by: str
    """By whom, a byline."""


class OriginPair(Read):
    """Two origins of a claim, and whether they know it independently."""

    source_ids: list[str]
    """The two origins."""
    independence: Independence
    """not_established unless derived or ruled otherwise."""
    why: str
    """The shared ancestor, or the reason of the ruling; or that nobody has ruled."""


class Counts(Read):
    """The five counts. Only attributions that put the claim forward are counted: repetition is not confirmation."""

    attributions: int = Field(examples=[2])
    """Attributions that put the claim forward, relays included."""
    publishers: int = Field(examples=[1])
    """Different publishers of the documents in which they stand."""
    identified_origins: int = Field(examples=[2])
    """Different sources, named or described, at the ends of the chains."""
    independent_origins: int = Field(examples=[0])
    """The most origins of which each pair is ruled independent; 0 where no pair is."""
    lineage_unknown: int = Field(examples=[0])
    """Attributions of which nobody knows where they have it from. They count as no origin."""


class OriginsRead(Read):
    """Where a claim comes from, and what is known of the independence of its origins."""

    origins: list[SourceBrief]
    """The identified origins."""
    pairs: list[OriginPair]
    """Every pair of them (of the first 30)."""


class IndependenceRulings(Read):
    """The rulings on the origins of a claim."""

    items: list[IndependenceRulingRead]
    """Oldest first."""
