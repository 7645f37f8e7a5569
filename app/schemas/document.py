"""Documents as they cross a door."""

from pydantic import Field

from app.schemas.base.author_name import Name
from app.schemas.base.fields import (
    Correction,
    Day,
    Edtf,
    Key,
    Language,
    Line,
    LongLine,
    Prose,
    Read,
    Recording,
    Ref,
    Schema,
    Stamp,
    Url,
)
from app.schemas.capture import CaptureRead
from app.schemas.source import SourceBrief
from app.vocabulary import DocumentKind


class DocumentFields(Schema):
    """What is said of a document."""

    kind: DocumentKind
    """What it is."""
    title: LongLine | None = Field(None, examples=["Сумарні орієнтовні втрати противника"])
    """Title in its own language; null if it has none."""
    publisher: Ref | None = None
    """Who published it (a source's id or key); null: not known."""
    author: Line | None = None
    """Author as printed."""
    authors: list[Name] | None = Field(None, min_length=1, max_length=200)
    """The author taken apart, name by name, for styles that put family names first; null: cited as printed."""
    url: Url | None = None
    """Where it is or was."""
    language: Language | None = Field(None, examples=["uk"])
    """Language, BCP 47."""
    published: Edtf | None = Field(None, examples=["2025-01-12"])
    """When it was published, EDTF."""
    accessed_on: Day | None = None
    """When we last saw it there."""
    archive_url: Url | None = None
    """A public archive's copy."""
    archived_on: Day | None = None
    """When that copy was made."""
    note: Prose | None = None
    """What a reader should know about it."""


class DocumentCreate(DocumentFields):
    """A new document."""

    key: Key | None = None
    """Name of the document in the file that it comes from."""


class DocumentPost(DocumentCreate, Recording):
    """A request to record a document."""


class DocumentCorrection(DocumentFields, Correction):
    """A correction of a document."""


class DocumentBrief(Read):
    """A document where it is mentioned."""

    id: str
    """Identifier."""
    kind: DocumentKind
    """What it is."""
    title: str | None
    """Title in its own language."""
    url: str | None
    """Where it is or was."""
    published: str | None
    """When it was published, EDTF."""
    publisher: SourceBrief | None
    """Who published it; null: not known."""


class DocumentRead(Stamp, DocumentBrief):
    """A document, whole."""

    author: str | None
    """Author as printed."""
    authors: list[Name] | None
    """The author taken apart, name by name; null: cited as printed."""
    language: str | None
    """Language, BCP 47."""
    accessed_on: Day | None
    """When we last saw it there."""
    archive_url: str | None
    """A public archive's copy."""
    archived_on: Day | None
    """When that copy was made."""
    note: str | None
    """What a reader should know about it."""
    captures: list[CaptureRead]
    """The bytes that we kept of it."""
