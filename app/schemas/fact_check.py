"""Other organisations' fact-checks as they cross a door."""

from pydantic import Field

from app.schemas.base.fields import Kept, Key, Read, Ref, Schema, Verbatim
from app.schemas.source import SourceBrief


class FactCheckCreate(Schema):
    """What another fact-checker published about a claim: values as written, never made ours."""

    key: Key | None = None
    """Name of the review within its claim."""
    source: Ref
    """Who published it (a source's id or key)."""
    document: Ref | None = None
    """Where it stands (a document's id or key)."""
    verdict: Verbatim | None = Field(None, examples=["Mostly false"])
    """alternateName, word for word."""
    rating_value: Verbatim | None = Field(None, examples=["2"])
    """ratingValue as written."""
    best_rating: Verbatim | None = Field(None, examples=["5"])
    """bestRating as written."""
    worst_rating: Verbatim | None = Field(None, examples=["1"])
    """worstRating as written."""
    explanation: Verbatim | None = None
    """ratingExplanation or reviewBody as written."""
    original: Kept
    """The ClaimReview object as it came."""


class FactCheckRead(Read):
    """What another fact-checker published about a claim. It never sets our status."""

    id: str
    """Identifier."""
    source: SourceBrief
    """Who published it."""
    document_id: str | None
    """Where it stands."""
    url: str | None
    """Address of that document."""
    verdict: str | None
    """alternateName, word for word."""
    rating_value: str | None
    """ratingValue as written."""
    best_rating: str | None
    """bestRating as written."""
    worst_rating: str | None
    """worstRating as written."""
    explanation: str | None
    """ratingExplanation or reviewBody as written."""
