"""Captures of documents, and what happened to them, as they cross a door."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Identified, Line, Moment, Prose, Read, Schema, Url
from app.schemas.query_parameters import AsOf
from app.vocabulary import CustodyAct

Digest = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9A-Fa-f]{64}$")]
"""A SHA-256, 64 hexadecimal digits."""


class CaptureQuery(Schema):
    """What is said of a file that is handed over. The file itself is the body of the request."""

    captured_at: AsOf | None = Field(None, examples=["2025-01-12T18:00:00Z"])
    """When its bytes were fetched, UTC; now unless given."""
    url: Url | None = None
    """From where."""
    note: Prose | None = Field(None, max_length=2_000, examples=["Saved by the browser, scripts off."])
    """How it was captured, and what to know about it; for every reader."""
    sha256: Digest | None = None
    """SHA-256 of the file as the sender knows it; what arrives otherwise is refused."""
    reason: Prose = Field("Captured.", max_length=2_000)
    """Why it is recorded, for every reader of the history."""


class CaptureCreate(Schema):
    """A capture that a file names. Its bytes do not come with it: they lie in a store, under their digest."""

    id: str = Field(pattern="^cap_[0-9a-hjkmnp-tv-z]{26}$")
    """Identifier, which it keeps."""
    sha256: Digest
    """SHA-256 of the bytes, hexadecimal."""
    media_type: Line = Field(max_length=100)
    """Media type of the bytes."""
    byte_length: int = Field(ge=0, le=2**53)
    """How many bytes."""
    captured_at: AsOf
    """When they were fetched or handed over, UTC."""
    url: Url | None = None
    """From where."""
    note: Prose | None = None
    """How they were captured, and what to know about them."""


class CaptureRead(Identified):
    """Bytes of a document that we kept."""

    sha256: str
    """SHA-256 of the bytes, hexadecimal."""
    media_type: str
    """Media type, told from the bytes."""
    byte_length: int
    """How many bytes."""
    captured_at: Moment
    """When they were fetched or handed over, UTC."""
    url: str | None
    """From where."""
    note: str | None
    """How they were captured, and what to know about them."""


class CustodyRead(Read):
    """Something that happened to the bytes of a capture."""

    act: CustodyAct
    """What happened."""
    at: Moment
    """When, UTC."""
    by: str
    """By whom, a byline."""
    note: str | None
    """What else there is to say about it."""


class CaptureWhole(CaptureRead):
    """A capture with its history."""

    document_id: str
    """Of which document."""
    recorded_at: Moment
    """When it was recorded, UTC."""
    custody: list[CustodyRead]
    """What happened to its bytes, oldest first."""
