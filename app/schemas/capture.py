"""Schemas of captures (stored bytes of documents) and their chain of custody."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Identified, Line, Prose, Read, Ref, Schema, Timestamp, Url
from app.schemas.query_parameters import AsOf
from app.vocabulary import CustodyAct

Digest = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9A-Fa-f]{64}$")]
"""A SHA-256, 64 hexadecimal digits."""


CaptureId = Annotated[str, StringConstraints(pattern="^cap_[0-9a-hjkmnp-tv-z]{26}$")]
"""Identifier of a capture."""


class CaptureQuery(Schema):
    """Description of an uploaded file. The file itself is the body of the request."""

    captured_at: AsOf | None = None
    """When the bytes were fetched, UTC, such as `2025-01-12T18:00:00Z`. The default is now."""
    url: Url | None = None
    """Address from which the bytes were fetched."""
    note: Prose | None = Field(None, max_length=2_000)
    """How the file was captured and what readers should know about it, such as `Saved by the browser, scripts off.`"""
    transcript_of: CaptureId | None = None
    """Capture of a video or audio file of the same document that this file is a transcript of, or the subtitles."""
    sha256: Digest | None = None
    """Expected SHA-256 of the file, hexadecimal. A file with a different hash is refused."""
    distinct_from: list[Ref] = Field(default_factory=list, max_length=200)
    """Documents (ids or keys) of which the same bytes are kept, but that this document is distinct from."""
    reason: Prose = Field("Captured.", max_length=2_000)
    """Why the capture is recorded. It is shown to readers of the history."""


class CaptureCreate(Schema):
    """A capture listed in an import file. Its bytes are not in the import file; they belong in the capture store, under
    their hash."""

    id: CaptureId
    """Identifier of the capture. The import keeps it."""
    sha256: Digest
    """SHA-256 of the bytes, hexadecimal."""
    media_type: Line = Field(max_length=100)
    """Media type of the bytes."""
    byte_length: int = Field(ge=0, le=2**53)
    """Number of bytes."""
    captured_at: AsOf
    """When the bytes were fetched or uploaded, UTC."""
    url: Url | None = None
    """Address from which the bytes were fetched."""
    note: Prose | None = None
    """How the bytes were captured and what readers should know about them."""
    transcript_of: CaptureId | None = None
    """Capture of a video or audio file of the same document that this file is a transcript of, or the subtitles."""


class CaptureRead(Identified):
    """A capture: stored bytes of a document."""

    sha256: str
    """SHA-256 of the bytes, hexadecimal."""
    media_type: str
    """Media type, detected from the bytes."""
    byte_length: int
    """Number of bytes."""
    captured_at: Timestamp
    """When the bytes were fetched or uploaded, UTC."""
    url: str | None
    """Address from which the bytes were fetched."""
    note: str | None
    """How the bytes were captured and what readers should know about them."""
    transcript_of: str | None
    """Id of the recording that this is a transcript of, or the subtitles; null if it is neither."""


class CustodyRead(Read):
    """An entry in the chain of custody of a capture."""

    act: CustodyAct
    """What was done with the bytes."""
    at: Timestamp
    """When it was done, UTC."""
    by: str
    """Byline of the person who did it."""
    note: str | None
    """Further details."""


class CaptureWhole(CaptureRead):
    """A capture with its chain of custody."""

    document_id: str
    """Id of the document."""
    recorded_at: Timestamp
    """When the capture was recorded, UTC."""
    transcripts: list[str]
    """Ids of the transcripts and subtitles of this recording, oldest first."""
    custody: list[CustodyRead]
    """Chain of custody of the bytes, oldest entry first."""
