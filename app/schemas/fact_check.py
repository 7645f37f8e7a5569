"""Schemas of fact-checks that other organisations published."""

from pydantic import Field

from app.schemas.base.fields import Key, Read, Ref, Schema, StoredJson, Verbatim
from app.schemas.source import SourceBrief


class FactCheckCreate(Schema):
    """What another fact-checker published about a claim. Values are kept as written and never affect our status."""

    key: Key | None = None
    """Key of the fact-check within its claim."""
    source: Ref
    """Fact-checker that published it (a source's id or key)."""
    document: Ref | None = None
    """Document in which it was published (a document's id or key)."""
    verdict: Verbatim | None = Field(None, examples=["Mostly false"])
    """Verdict in words (`alternateName`), as written."""
    rating_value: Verbatim | None = Field(None, examples=["2"])
    """Rating (`ratingValue`), as written."""
    best_rating: Verbatim | None = Field(None, examples=["5"])
    """Best possible rating (`bestRating`), as written."""
    worst_rating: Verbatim | None = Field(None, examples=["1"])
    """Worst possible rating (`worstRating`), as written."""
    explanation: Verbatim | None = None
    """Explanation (`ratingExplanation` or `reviewBody`), as written."""
    original: StoredJson
    """The ClaimReview object as it was received."""


class FactCheckRead(Read):
    """What another fact-checker published about a claim. It never affects our status."""

    id: str
    """Identifier of the fact-check."""
    source: SourceBrief
    """Fact-checker that published it."""
    document_id: str | None
    """Id of the document in which it was published."""
    url: str | None
    """Address of that document."""
    verdict: str | None
    """Verdict in words (`alternateName`), as written."""
    rating_value: str | None
    """Rating (`ratingValue`), as written."""
    best_rating: str | None
    """Best possible rating (`bestRating`), as written."""
    worst_rating: str | None
    """Worst possible rating (`worstRating`), as written."""
    explanation: str | None
    """Explanation (`ratingExplanation` or `reviewBody`), as written."""
