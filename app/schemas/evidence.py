"""Evidence as it crosses a door."""

from typing import Self

from pydantic import Field, StrictBool, model_validator

from app.schemas.base.fields import Correction, Day, Key, Prose, Recording, Ref, Schema, Stamp
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.document import DocumentBrief
from app.schemas.quote import Quote
from app.vocabulary import EvidenceKind, EvidenceRole


class EvidenceFields(Schema):
    """What is said of a piece of evidence."""

    document: Ref
    """Which document (id or key)."""
    capture: Ref | None = None
    """Which bytes of it (a capture's id)."""
    role: EvidenceRole
    """What it does to the claim."""
    kind: EvidenceKind = EvidenceKind.DOCUMENT
    """What it is, as something to examine."""
    description: Prose | None = Field(None, examples=["One man lies with bandaged hands; the other sits."])
    """What is to be seen in it."""
    quote: Quote | None = None
    """The passage that it is about."""
    independent: StrictBool | None = None
    """Independent of the claim's origins; null: not looked into."""
    examined_on: Day | None = None
    """When somebody of ours examined it; null: nobody did."""
    finding: Prose | None = None
    """What the examination found."""
    conclusive: StrictBool = False
    """The finding settles the matter."""
    note: Prose | None = None
    """What a reader should know about it."""
    withdrawn: StrictBool = False
    """Taken back; kept to be read, counted no more."""


class _Whole(EvidenceFields):
    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.examined_on is None) != (self.finding is None):
            raise FieldFaultError("finding", "goes with examined_on, and only with it")
        if self.conclusive and self.examined_on is None:
            raise FieldFaultError("conclusive", "takes evidence that was examined")
        return self


class ClaimEvidenceCreate(_Whole):
    """A piece of evidence that is recorded together with its claim."""

    key: Key | None = None
    """Name of the piece within its claim."""


class EvidenceCreate(ClaimEvidenceCreate):
    """A new piece of evidence for a claim."""

    claim: Ref
    """For which claim (id or key)."""


class EvidencePost(EvidenceCreate, Recording):
    """A request to record a piece of evidence."""


class EvidenceCorrection(EvidenceFields, Correction):
    """A correction of a piece of evidence."""


class EvidenceRead(Stamp):
    """What speaks for or against a claim."""

    claim_id: str
    """For which claim."""
    document: DocumentBrief
    """Which document."""
    capture_id: str | None
    """Which bytes of it."""
    role: EvidenceRole
    """What it does to the claim."""
    kind: EvidenceKind
    """What it is, as something to examine."""
    description: str | None
    """What is to be seen in it."""
    quote: Quote | None
    """The passage that it is about."""
    independent: bool | None
    """Independent of the claim's origins; null: not looked into."""
    examined_on: Day | None
    """When somebody of ours examined it; null: nobody did."""
    finding: str | None
    """What the examination found."""
    conclusive: bool
    """The finding settles the matter."""
    note: str | None
    """What a reader should know about it."""
    withdrawn: bool
    """Taken back; kept to be read, counted no more."""
