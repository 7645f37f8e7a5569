"""Attest's own exchange format, one record at a time.

A file is a sequence of records; sources, documents and topics stand before the claims that name them. Objects are
named by key, and by id where a record is to become the very same object in another database.
"""

from typing import Annotated, Literal

from pydantic import Field

from app.schemas.base.fields import Key, Prose, Schema
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
    """A source in a file."""

    record: Literal["source"] = "source"
    """What this record is."""
    id: str | None = Field(None, pattern="^src" + _ULID)
    """Identifier to keep."""
    ratings: list[RatingCreate] = Field(default_factory=list, max_length=500)
    """Decisions on its reliability, oldest first. The topics that they name stand before it."""


class DocumentRecord(DocumentCreate):
    """A document in a file."""

    record: Literal["document"] = "document"
    """What this record is."""
    id: str | None = Field(None, pattern="^doc" + _ULID)
    """Identifier to keep."""
    captures: list[CaptureCreate] = Field(default_factory=list, max_length=500)
    """The bytes of it that were kept, without the bytes."""


class TopicRecord(TopicCreate):
    """A topic in a file."""

    record: Literal["topic"] = "topic"
    """What this record is."""
    id: str | None = Field(None, pattern="^top" + _ULID)
    """Identifier to keep."""


class ClaimRecord(ClaimCreate):
    """A claim in a file, with everything that hangs on it."""

    record: Literal["claim"] = "claim"
    """What this record is."""
    id: str | None = Field(None, pattern="^clm" + _ULID)
    """Identifier to keep."""
    joins: Key | None = None
    """Key of a claim that this record joins, instead of becoming a claim, if that one says exactly the same."""
    rulings: list[IndependenceRulingCreate] = Field(default_factory=list, max_length=500)
    """Rulings on the independence of its origins, oldest first."""
    reviews: list[ReviewCreate] = Field(default_factory=list, max_length=100)
    """Decisions on its status, oldest first."""
    fact_checks: list[FactCheckCreate] = Field(default_factory=list, max_length=100)
    """What other fact-checkers published about it."""


class NoteRecord(Schema):
    """A remark on a claim that another record made, such as a published correction."""

    record: Literal["note"] = "note"
    """What this record is."""
    claim: Key
    """Key of the claim."""
    joins: Key | None = None
    """Key of the claim that it joined, if it did."""
    note: Prose
    """The remark."""


Record = Annotated[
    SourceRecord | DocumentRecord | TopicRecord | ClaimRecord | NoteRecord, Field(discriminator="record")
]
"""Any record of a file."""
