"""Schemas of attributions: the stances of sources on claims, and the documents that contain them."""

from typing import Any, Self

from pydantic import ConfigDict, Field, StrictBool, model_validator

from app.schemas.base.fields import (
    Correction,
    Day,
    Edtf,
    Key,
    Line,
    Prose,
    Read,
    RecordRequest,
    Ref,
    Schema,
    Stamp,
)
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.desk.rating import RatingBrief
from app.schemas.document import DocumentBrief
from app.schemas.quote import Quote
from app.schemas.source import SourceBrief
from app.vocabulary import Directness, Lineage, Retractor, Stance, UpstreamState


class Search(Schema):
    """A search that found no statement."""

    on: Day = Field(examples=["2025-01-12"])
    """Day of the search."""
    where: Prose = Field(examples=["mil.ru, tass.ru and kremlin.ru, 1 to 12 January 2025"])
    """Places that were searched."""
    by: Line = Field(examples=["Attest seed desk"])
    """Byline of the person who searched."""


class Retraction(Schema):
    """The retraction of a statement."""

    by: Retractor
    """Who took the statement back: its source, the publisher of the document, or we because we had recorded it
    wrongly."""
    on: Day = Field(examples=["2025-01-20"])
    """Day of the retraction."""
    notice: Prose = Field(examples=["The ministry says that its figure counted one unit twice."])
    """Notice that readers see."""


class AttributionFields(Schema):
    """Editable fields of an attribution."""

    source: Ref = Field(examples=["src_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """Source that takes the stance (id or key)."""
    stance: Stance
    """Stance of the source on the claim."""
    lineage: Lineage = Lineage.UNKNOWN
    """Where the source got the claim. If that is unknown, the source does not count as an origin."""
    upstream: Ref | None = None
    """Attribution of the same claim that this one relays (id or key)."""
    document: Ref | None = None
    """Document that contains the statement (id or key); null if it is known only through a relay."""
    said: Edtf | None = Field(None, examples=["2025-01-12"])
    """When the statement was made, EDTF."""
    directness: Directness = Directness.PARAPHRASE
    """How the document renders the source's words."""
    quote: Quote | None = None
    """Quoted passage of the document."""
    search: Search | None = None
    """Search that found no statement: when, where and by whom. Required for the stance `no_statement_found`, and only
    allowed with it."""
    own_claim: Ref | None = None
    """Claim with the source's own figure, if that differs from this claim's figure (id or key)."""
    note: Prose | None = None
    """Note for readers."""
    withdrawn: StrictBool = False
    """True if the attribution was taken back. It remains readable but is no longer counted. A request must say who took
    it back (`retraction`). In a file, `withdrawn` without `retraction` means that we had recorded it wrongly."""
    retraction: Retraction | None = None
    """Who took the statement back, when, and the notice that readers see. It implies `withdrawn`."""


def _implying_withdrawn(fields: Any) -> Any:
    """Input fields of an attribution, `withdrawn` if they have a retraction and do not say otherwise."""
    if isinstance(fields, dict) and fields.get("retraction") is not None and "withdrawn" not in fields:
        return {**fields, "withdrawn": True}
    return fields


class _Whole(AttributionFields):
    @model_validator(mode="before")
    @classmethod
    def _retracted(cls, fields: Any) -> Any:
        return _implying_withdrawn(fields)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.lineage is Lineage.RELAYED) != (self.upstream is not None):
            raise FieldFaultError("upstream", "is required if lineage is 'relayed', and not allowed otherwise")
        if self.retraction is not None and not self.withdrawn:
            raise FieldFaultError(
                "retraction",
                "contradicts withdrawn=false; to undo it, send withdrawn=false and retraction=null",
            )
        if (self.stance is Stance.NO_STATEMENT_FOUND) != (self.search is not None):
            raise FieldFaultError(
                "search",
                "is required for the stance 'no_statement_found' (with on, where and by), and not allowed for others",
            )
        return self


class ClaimAttributionCreate(_Whole):
    """An attribution that is recorded together with its claim."""

    key: Key | None = None
    """Key of the attribution within its claim. Other attributions refer to it as their `upstream`."""


class AttributionCreate(ClaimAttributionCreate):
    """A new attribution of a claim."""

    claim: Ref = Field(examples=["clm_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """Claim that the attribution is about (id or key)."""


class AttributionPost(AttributionCreate, RecordRequest):
    """A request to record an attribution."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "claim": "clm_01jhf3m8w5k6v0x2s9r7q4t1ya",
                    "source": "src_01jhf3m8w5k6v0x2s9r7q4t1ya",
                    "stance": "estimates",
                    "said": "2025-01-12",
                    "reason": "Reported at the ministry's briefing.",
                }
            ]
        }
    )


class AttributionCorrection(AttributionFields, Correction):
    """A correction of an attribution."""

    @model_validator(mode="before")
    @classmethod
    def _retracted(cls, fields: Any) -> Any:
        return _implying_withdrawn(fields)

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"said": "2025-01-11", "reason": "The briefing was a day earlier."}]}
    )


class ChainLink(Read):
    """One step of the chain through which a claim was relayed."""

    attribution_id: str
    """Id of the attribution."""
    source: SourceBrief
    """Source of the attribution."""
    stance: Stance
    """Stance of the source on the claim."""
    withdrawn: bool
    """True if the attribution was taken back; `retraction` says by whom."""
    retraction: Retraction | None
    """Who took it back. Null and `withdrawn`: we had recorded it wrongly."""


class AttributionRead(Stamp):
    """An attribution: a source's stance on a claim, the document that contains it, and where the source got the
    claim."""

    claim_id: str
    """Id of the claim."""
    source: SourceBrief
    """Source that takes the stance."""
    reliability: RatingBrief | None
    """The desk's reliability rating of the source for this statement; null if the source is not rated."""
    stance: Stance
    """Stance of the source on the claim."""
    lineage: Lineage
    """Where the source got the claim."""
    upstream_id: str | None
    """Id of the attribution that this one relays."""
    chain: list[ChainLink]
    """Attributions back to the origin as far as they are known, nearest first; empty if nothing was relayed."""
    upstream_state: UpstreamState
    """Whether everything in `chain` still stands. If several links were taken back, the nearest one decides."""
    origin_id: str | None
    """Id of the source at the end of the chain, if it is the origin and identified."""
    document: DocumentBrief | None
    """Document that contains the statement; null if it is known only through a relay."""
    said: str | None
    """When the statement was made, EDTF."""
    directness: Directness
    """How the document renders the source's words."""
    quote: Quote | None
    """Quoted passage of the document."""
    search: Search | None
    """For `no_statement_found`: the search that found no statement."""
    own_claim_id: str | None
    """Id of the claim with the source's own figure, if that differs from this claim's figure."""
    note: str | None
    """Note for readers."""
    withdrawn: bool
    """True if the attribution was taken back. It remains readable but is no longer counted."""
    retraction: Retraction | None
    """Who took it back, when, and the notice that readers see. Null and `withdrawn`: we had recorded it wrongly."""


class AttributionWritten(AttributionRead):
    """An attribution after it was recorded or corrected."""

    warnings: list[str] = Field(default_factory=list, examples=[[]])
    """Questions about what was recorded, such as a figure recorded as exact whose quote says "around 300". They are not
    stored; left out if there are none."""
