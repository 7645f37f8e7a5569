"""Schemas of evidence for and against claims."""

from typing import Self

from pydantic import ConfigDict, Field, StrictBool, model_validator

from app.schemas.base.fields import Correction, Day, Key, Prose, RecordRequest, Ref, Schema, Stamp
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.document import DocumentBrief
from app.schemas.quote import Quote
from app.vocabulary import EvidenceKind, EvidenceRole


class EvidenceFields(Schema):
    """Editable fields of a piece of evidence."""

    document: Ref = Field(examples=["doc_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """Document of the evidence (id or key)."""
    capture: Ref | None = None
    """Capture of the document that was examined (a capture's id)."""
    role: EvidenceRole
    """Whether the evidence supports or refutes the claim, or gives context."""
    kind: EvidenceKind = EvidenceKind.DOCUMENT
    """What is examined."""
    description: Prose | None = Field(None, examples=["One man lies with bandaged hands; the other sits."])
    """What the evidence shows."""
    quote: Quote | None = None
    """Relevant passage of the document."""
    independent: StrictBool | None = None
    """Whether the evidence is independent of the claim's origins; null if that was not examined."""
    examined_on: Day | None = None
    """Day on which one of our fact-checkers examined the evidence; null if nobody has."""
    finding: Prose | None = None
    """Result of the examination."""
    conclusive: StrictBool = False
    """True if the finding settles the matter."""
    not_kept_because: Prose | None = Field(None, examples=[None])
    """Why the examined file is not kept as a capture, such as `A court file that may be read but not copied.` Readers
    see it. The statuses `confirmed`, `unlikely` and `refuted` need a capture or this reason."""
    note: Prose | None = None
    """Note for readers."""
    withdrawn: StrictBool = False
    """True if the evidence was withdrawn. It remains readable but is no longer counted."""


class _Whole(EvidenceFields):
    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.examined_on is None) != (self.finding is None):
            raise FieldFaultError("finding", "is required if examined_on is given, and not allowed otherwise")
        if self.conclusive and self.examined_on is None:
            raise FieldFaultError("conclusive", "can be true only if examined_on and finding are given")
        return self


class ClaimEvidenceCreate(_Whole):
    """A piece of evidence that is recorded together with its claim."""

    key: Key | None = None
    """Key of the piece of evidence within its claim."""


class EvidenceCreate(ClaimEvidenceCreate):
    """A new piece of evidence for a claim."""

    claim: Ref = Field(examples=["clm_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """Claim that the evidence is about (id or key)."""


class EvidencePost(EvidenceCreate, RecordRequest):
    """A request to record a piece of evidence."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "claim": "clm_01jhf3m8w5k6v0x2s9r7q4t1ya",
                    "document": "doc_01jhf3m8w5k6v0x2s9r7q4t1ya",
                    "role": "supports",
                    "kind": "photograph",
                    "description": "One man lies with bandaged hands; the other sits.",
                    "reason": "Published with the statement.",
                }
            ]
        }
    )


class EvidenceCorrection(EvidenceFields, Correction):
    """A correction of a piece of evidence."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "photograph", "reason": "The document shows a photograph."}]}
    )


class EvidenceRead(Stamp):
    """A piece of evidence for or against a claim."""

    claim_id: str
    """Id of the claim."""
    document: DocumentBrief
    """Document of the evidence."""
    capture_id: str | None
    """Id of the capture that was examined."""
    role: EvidenceRole
    """Whether the evidence supports or refutes the claim, or gives context."""
    kind: EvidenceKind
    """What is examined."""
    description: str | None
    """What the evidence shows."""
    quote: Quote | None
    """Relevant passage of the document."""
    independent: bool | None
    """Whether the evidence is independent of the claim's origins; null if that was not examined."""
    examined_on: Day | None
    """Day on which one of our fact-checkers examined the evidence; null if nobody has."""
    finding: str | None
    """Result of the examination."""
    conclusive: bool
    """True if the finding settles the matter."""
    not_kept_because: str | None
    """Why the examined file is not kept as a capture; null if it is, or if nobody said why."""
    note: str | None
    """Note for readers."""
    withdrawn: bool
    """True if the evidence was withdrawn. It remains readable but is no longer counted."""
