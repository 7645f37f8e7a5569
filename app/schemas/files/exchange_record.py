"""Attest's own exchange format, one record at a time.

A file is a sequence of records. Sources, documents and topics come before the claims that refer to them. Objects are
referred to by key, or by id if a record must become the same object in another database.
"""

from typing import Annotated, Literal

from pydantic import Field

from app.schemas.base.fields import Key, Prose, Ref, Schema
from app.schemas.capture import CaptureCreate
from app.schemas.claim import ClaimCreate
from app.schemas.desk.independence import IndependenceRulingCreate
from app.schemas.desk.rating import RatingCreate
from app.schemas.desk.review import ReviewCreate
from app.schemas.document import DocumentCreate
from app.schemas.fact_check import FactCheckCreate
from app.schemas.source import SourceCreate
from app.schemas.topic import TopicCreate

_ULID = "_[0-9a-hjkmnp-tv-z]{26}$"


class SourceRecord(SourceCreate):
    """A source in an import file."""

    record: Literal["source"] = "source"
    """Type of the record."""
    id: str | None = Field(None, pattern="^src" + _ULID)
    """Identifier of the object. The import keeps it."""
    merged_into: Ref | None = None
    """The source that this one was merged into, which must come before it. Only used for a new source."""
    merge_notice: Prose | None = None
    """Notice about the merge."""
    ratings: list[RatingCreate] = Field(default_factory=list, max_length=500)
    """Decisions on the reliability of the source, oldest first. Their topics must come before the source."""


class DocumentRecord(DocumentCreate):
    """A document in an import file."""

    record: Literal["document"] = "document"
    """Type of the record."""
    id: str | None = Field(None, pattern="^doc" + _ULID)
    """Identifier of the object. The import keeps it."""
    merged_into: Ref | None = None
    """The document that this one was merged into, which must come before it. Only used for a new document."""
    merge_notice: Prose | None = None
    """Notice about the merge."""
    captures: list[CaptureCreate] = Field(default_factory=list, max_length=500)
    """Captures of the document, without their bytes."""


class TopicRecord(TopicCreate):
    """A topic in an import file."""

    record: Literal["topic"] = "topic"
    """Type of the record."""
    id: str | None = Field(None, pattern="^top" + _ULID)
    """Identifier of the object. The import keeps it."""
    merged_into: Ref | None = None
    """The topic that this one was merged into, which must come before it. Only used for a new topic."""
    merge_notice: Prose | None = None
    """Notice about the merge."""


class ClaimRecord(ClaimCreate):
    """A claim in an import file, with everything that belongs to it."""

    record: Literal["claim"] = "claim"
    """Type of the record."""
    id: str | None = Field(None, pattern="^clm" + _ULID)
    """Identifier of the object. The import keeps it."""
    joins: Key | None = None
    """Key of an existing claim. If that claim says exactly the same, this record is merged into it and does not become
    a claim of its own."""
    rulings: list[IndependenceRulingCreate] = Field(default_factory=list, max_length=500)
    """Rulings on the independence of the claim's origins, oldest first."""
    reviews: list[ReviewCreate] = Field(default_factory=list, max_length=100)
    """Decisions on the status of the claim, oldest first."""
    fact_checks: list[FactCheckCreate] = Field(default_factory=list, max_length=100)
    """What other fact-checkers published about the claim."""


class NoteRecord(Schema):
    """A note on a claim that is defined in another record of this file or in another file, such as a published
    correction."""

    record: Literal["note"] = "note"
    """Type of the record."""
    claim: Key
    """Key of the claim."""
    joins: Key | None = None
    """Key of the claim into which that claim was merged, if any."""
    note: Prose
    """Text of the note."""


Record = Annotated[
    SourceRecord | DocumentRecord | TopicRecord | ClaimRecord | NoteRecord, Field(discriminator="record")
]
"""Any record of an import file."""
