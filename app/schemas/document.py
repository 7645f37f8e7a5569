"""Schemas of documents."""

from pydantic import ConfigDict, Field

from app.schemas.base.author_name import AuthorName
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
    RecordRequest,
    Ref,
    Schema,
    Stamp,
    Url,
)
from app.schemas.capture import CaptureRead
from app.schemas.source import SourceBrief
from app.vocabulary import DocumentKind


class DocumentFields(Schema):
    """Editable fields of a document."""

    kind: DocumentKind
    """What the document is."""
    title: LongLine | None = Field(None, examples=["Сумарні орієнтовні втрати противника"])
    """Title in the original language; null if the document has none."""
    publisher: Ref | None = None
    """Publisher (a source's id or key); null if unknown."""
    author: Line | None = None
    """Author as printed."""
    authors: list[AuthorName] | None = Field(None, min_length=1, max_length=200)
    """Authors with the parts of their names, for styles that put family names first. If null, `author` is cited as
    printed."""
    url: Url | None = None
    """Address where the document is or was."""
    language: Language | None = Field(None, examples=["uk"])
    """Language of the document, BCP 47."""
    published: Edtf | None = Field(None, examples=["2025-01-12"])
    """When the document was published, EDTF."""
    accessed_on: Day | None = None
    """Day on which we last saw the document at its address."""
    archive_url: Url | None = None
    """Address of a copy in a public archive."""
    archived_on: Day | None = None
    """Day on which the archive copy was made."""
    note: Prose | None = None
    """Note for readers."""
    distinct_from: list[Ref] = Field(default_factory=list, max_length=200)
    """Existing documents (ids or keys) with an equal address that are distinct from this one. Something equal is
    otherwise refused with 409 and the candidates. Rulings are kept: a correction adds to them, and removes none."""


class DocumentCreate(DocumentFields):
    """A new document."""

    key: Key | None = None
    """Key that identifies the document in import files, in addition to its id."""


class DocumentPost(DocumentCreate, RecordRequest):
    """A request to record a document."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "official_release",
                    "title": "Сумарні орієнтовні втрати противника",
                    "language": "uk",
                    "published": "2025-01-12",
                    "url": "https://factcheck.example/release",
                    "reason": "The ministry's daily figures.",
                }
            ]
        }
    )


class DocumentCorrection(DocumentFields, Correction):
    """A correction of a document."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"published": "2025-01-11", "reason": "The page shows this date."}]}
    )


class DocumentBrief(Read):
    """Summary of a document."""

    id: str
    """Identifier of the document."""
    kind: DocumentKind
    """What the document is."""
    title: str | None
    """Title in the original language; null if the document has none."""
    url: str | None
    """Address where the document is or was."""
    published: str | None
    """When the document was published, EDTF."""
    publisher: SourceBrief | None
    """Publisher; null if unknown."""


class DocumentRead(Stamp, DocumentBrief):
    """A complete document."""

    author: str | None
    """Author as printed."""
    authors: list[AuthorName] | None
    """Authors split into the parts of their names; null if `author` is cited as printed."""
    language: str | None
    """Language of the document, BCP 47."""
    accessed_on: Day | None
    """Day on which we last saw the document at its address."""
    archive_url: str | None
    """Address of a copy in a public archive."""
    archived_on: Day | None
    """Day on which the archive copy was made."""
    note: str | None
    """Note for readers."""
    merged_into_id: str | None
    """Id of the document that this one was merged into, because it is a duplicate; null if it was not merged."""
    merge_notice: str | None
    """Notice about the merge; null if it was not merged."""
    captures: list[CaptureRead]
    """Captures of the document, and of documents that were merged into it."""
    distinct_from: list[str]
    """Ids of equal documents that this one was ruled distinct from."""
