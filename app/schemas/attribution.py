"""Attributions as they cross a door."""

from typing import Self

from pydantic import Field, StrictBool, model_validator

from app.schemas.base.fields import (
    Correction,
    Day,
    Edtf,
    Key,
    Line,
    Prose,
    Read,
    Recording,
    Ref,
    Schema,
    Stamp,
)
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.desk.rating import RatingBrief
from app.schemas.document import DocumentBrief
from app.schemas.quote import Quote
from app.schemas.source import SourceBrief
from app.vocabulary import Directness, Lineage, Retractor, Stance


class Search(Schema):
    """A search that found no statement."""

    on: Day = Field(examples=["2025-01-12"])
    """When it was made."""
    where: Prose = Field(examples=["mil.ru, tass.ru and kremlin.ru, 1 to 12 January 2025"])
    """Where was looked."""
    by: Line = Field(examples=["Attest seed desk"])
    """By whom, a byline."""


class Retraction(Schema):
    """That a statement was taken back."""

    by: Retractor
    """Who took it back."""
    on: Day = Field(examples=["2025-01-20"])
    """When."""
    notice: Prose = Field(examples=["The ministry says that its figure counted one unit twice."])
    """What readers are told of it."""


class AttributionFields(Schema):
    """What is said of an attribution."""

    source: Ref
    """Who (a source's id or key)."""
    stance: Stance
    """What the source does with the claim."""
    lineage: Lineage = Lineage.UNKNOWN
    """Where the source has it from. Unknown lineage counts as no origin."""
    upstream: Ref | None = None
    """The attribution of the same claim that it was relayed from (id or key)."""
    document: Ref | None = None
    """In which document (id or key); null: known through a relay only."""
    said: Edtf | None = Field(None, examples=["2025-01-12"])
    """When it was said, EDTF."""
    directness: Directness = Directness.PARAPHRASE
    """How the words reached the document."""
    quote: Quote | None = None
    """The passage."""
    search: Search | None = None
    """For no_statement_found: when, where and by whom it was searched."""
    own_claim: Ref | None = None
    """The claim that states this party's own figure, where it differs (id or key)."""
    note: Prose | None = None
    """What a reader should know about it."""
    withdrawn: StrictBool = False
    """Taken back; kept to be read, counted no more."""
    retraction: Retraction | None = None
    """Who took it back, when, and what readers are told; only with withdrawn."""


class _Whole(AttributionFields):
    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.lineage is Lineage.RELAYED) != (self.upstream is not None):
            raise FieldFaultError("upstream", "goes with lineage 'relayed', and only with it")
        if self.retraction is not None and not self.withdrawn:
            raise FieldFaultError("retraction", "goes with withdrawn, and only with it")
        if (self.stance is Stance.NO_STATEMENT_FOUND) != (self.search is not None):
            raise FieldFaultError("search", "goes with stance 'no_statement_found', and only with it: on, where, by")
        return self


class ClaimAttributionCreate(_Whole):
    """An attribution that is recorded together with its claim."""

    key: Key | None = None
    """Name of the attribution within its claim; others name it as their upstream."""


class AttributionCreate(ClaimAttributionCreate):
    """A new attribution of a claim."""

    claim: Ref
    """On which claim (id or key)."""


class AttributionPost(AttributionCreate, Recording):
    """A request to record an attribution."""


class AttributionCorrection(AttributionFields, Correction):
    """A correction of an attribution."""


class ChainLink(Read):
    """One step of the way that a claim came."""

    attribution_id: str
    """The attribution."""
    source: SourceBrief
    """Who."""
    stance: Stance
    """What it did with the claim."""
    withdrawn: bool
    """It was taken back."""


class AttributionRead(Stamp):
    """Who takes which stance on a claim, where, and from whom they have it."""

    claim_id: str
    """On which claim."""
    source: SourceBrief
    """Who."""
    reliability: RatingBrief | None
    """How far the source can be relied upon in this, as the desk decided; null: not rated."""
    stance: Stance
    """What the source does with the claim."""
    lineage: Lineage
    """Where the source has it from."""
    upstream_id: str | None
    """The attribution that it was relayed from."""
    chain: list[ChainLink]
    """The way back to the origin as far as it is known, nearest first; empty if it is not relayed."""
    origin_id: str | None
    """The source at the end of the chain, if it is the origin and identified."""
    document: DocumentBrief | None
    """In which document; null: known through a relay only."""
    said: str | None
    """When it was said, EDTF."""
    directness: Directness
    """How the words reached the document."""
    quote: Quote | None
    """The passage."""
    search: Search | None
    """For no_statement_found: when, where and by whom it was searched."""
    own_claim_id: str | None
    """The claim that states this party's own figure, where it differs."""
    note: str | None
    """What a reader should know about it."""
    withdrawn: bool
    """Taken back; kept to be read, counted no more."""
    retraction: Retraction | None
    """Who took it back, when, and what readers are told."""
